provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "orders" {
  name     = "orders"
  location = "westeurope"
}
