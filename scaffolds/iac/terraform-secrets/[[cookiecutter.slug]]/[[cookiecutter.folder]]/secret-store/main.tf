[% set c = cookiecutter -%]
# Put there by people, as a JSON object; not a `data` source, which would copy it into the state.
[% if c.store == "aws" -%]
ephemeral "aws_secretsmanager_secret_version" "this" {
  secret_id = var.name
}
[% elif c.store == "gcp" -%]
ephemeral "google_secret_manager_secret_version" "this" {
  secret = var.name
}
[% elif c.store == "azure" -%]
ephemeral "azurerm_key_vault_secret" "this" {
  name         = var.name
  key_vault_id = var.key_vault_id
}
[% else -%]
ephemeral "vault_kv_secret_v2" "this" {
  mount = var.mount
  name  = var.name
}
[% endif -%]
