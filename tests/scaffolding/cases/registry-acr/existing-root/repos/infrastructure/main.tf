terraform {
  backend "azurerm" {
    resource_group_name  = "acme-state"
    storage_account_name = "acmestate"
    container_name       = "state"
    key                  = "main.tfstate"
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "main"
  location = "westeurope"
}
