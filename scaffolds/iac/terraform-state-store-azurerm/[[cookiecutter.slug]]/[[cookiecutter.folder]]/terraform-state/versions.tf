[% set c = cookiecutter -%]
terraform {
  required_version = "~> 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }

  # The account below; README.md says how its own state gets there.
  # Named at init: -backend-config="storage_account_name=$TF_STATE_STORAGE_ACCOUNT"
  backend "azurerm" {
    container_name   = "tfstate"
    key              = "[[ c.repository ]]/terraform-state.tfstate"
    use_azuread_auth = true
  }
}

provider "azurerm" {
  # The account has no keys, so the container is reached with the identity of who runs this.
  storage_use_azuread = true

  features {}
}
