terraform {
  backend "azurerm" {}
}
resource "azurerm_resource_group" "network" {
  name = "network"
}
