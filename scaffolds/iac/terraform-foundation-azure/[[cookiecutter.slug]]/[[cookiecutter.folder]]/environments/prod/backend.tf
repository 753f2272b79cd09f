[% set c = cookiecutter -%]
terraform {
[% if not c.account %]  # The account is named at init: -backend-config="storage_account_name=$TF_STATE_STORAGE_ACCOUNT"
[% endif %]  backend "azurerm" {
[%- if c.account %]
    storage_account_name = "[[ c.account ]]"
[%- endif %]
[%- set wide = "    " if c.account else "" %]
    container_name  [[ wide ]] = "[[ c.container ]]"
    key             [[ wide ]] = "[[ c.repository ]]/environments/prod.tfstate"
    use_azuread_auth[[ wide ]] = true
  }
}
