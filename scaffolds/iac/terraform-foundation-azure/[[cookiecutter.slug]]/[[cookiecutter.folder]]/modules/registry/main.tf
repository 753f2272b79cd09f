resource "azurerm_container_registry" "images" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  sku                 = "Standard"

  # Pipelines and clusters sign in with identities (AcrPush, AcrPull), not with a shared password.
  admin_enabled = false
}
