data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "[[ cookiecutter.name[:40] ]]-shared"
  location = var.location

  tags = {
    environment = "shared"
    managed-by  = "terraform"
  }
}

# One registry for all environments: production runs the very image that was tried before.
module "registry" {
  source = "../../modules/registry"

  # Names of registries are unique in all of Azure; a digest of the subscription's id makes this one so.
  name           = "images${substr(sha256(data.azurerm_client_config.current.subscription_id), 0, 12)}"
  location       = var.location
  resource_group = azurerm_resource_group.this.name
}
