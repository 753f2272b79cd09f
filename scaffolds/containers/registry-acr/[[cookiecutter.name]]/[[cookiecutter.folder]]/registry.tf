[% set c = cookiecutter -%]
variable "registry_name" {
  description = "Name of the registry: letters and digits, unique in all of Azure."
  type        = string
}

variable "registry_location" {
  description = "Azure region that keeps the images."
  type        = string
}

resource "azurerm_resource_group" "registry" {
  name     = "${var.registry_name}-registry"
  location = var.registry_location
}

# Holds [[ c.images.split() | join(', ') ]]; repositories come with the first push.
resource "azurerm_container_registry" "images" {
  name                = var.registry_name
  resource_group_name = azurerm_resource_group.registry.name
  location            = azurerm_resource_group.registry.location
  sku                 = "Standard"

  # Pipelines and clusters sign in with identities (AcrPush, AcrPull), not with a shared password.
  admin_enabled = false
}

# Scans images when they are pushed and while they run.
resource "azurerm_security_center_subscription_pricing" "containers" {
  resource_type = "Containers"
  tier          = "Standard"
}

output "image_registry" {
  description = "Where to push images to."
  value       = azurerm_container_registry.images.login_server
}
