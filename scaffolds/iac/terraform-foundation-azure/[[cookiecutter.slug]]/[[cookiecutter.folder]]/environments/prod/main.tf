data "azurerm_client_config" "current" {}

locals {
  name = "[[ cookiecutter.name[:40] ]]-prod"
  # Names of registries and vaults are unique in all of Azure; a digest of the subscription's id makes them so.
  unique = substr(sha256(data.azurerm_client_config.current.subscription_id), 0, 12)
}

resource "azurerm_resource_group" "this" {
  name     = local.name
  location = var.location

  tags = {
    environment = "prod"
    managed-by  = "terraform"
  }
}

module "network" {
  source = "../../modules/network"

  name           = local.name
  location       = var.location
  resource_group = azurerm_resource_group.this.name
  cidr           = "10.20.0.0/16"
}

data "azurerm_container_registry" "images" {
  name                = "images${local.unique}"
  resource_group_name = "[[ cookiecutter.name[:40] ]]-shared"
}

module "cluster" {
  source = "../../modules/cluster"

  name               = local.name
  location           = var.location
  resource_group     = azurerm_resource_group.this.name
  kubernetes_version = "1.36"
  sku_tier           = "Standard"
  subnet_id          = module.network.subnet_id
  registry_id        = data.azurerm_container_registry.images.id
  admin_group_ids    = var.admin_group_ids
}

[% if cookiecutter.secrets == "vault" -%]
# One secret for each service, below the environment's name.
module "secrets" {
  source = "../../modules/secrets"

  mount  = var.vault_mount
  prefix = local.name
  names  = [[ cookiecutter.__images ]]
}
[% else -%]
# One secret for each service, in the environment's own vault.
module "secrets" {
  source = "../../modules/secrets"

  name           = "prod-${local.unique}"
  location       = var.location
  resource_group = azurerm_resource_group.this.name
  tenant_id      = data.azurerm_client_config.current.tenant_id
  officer_ids    = var.secret_officer_ids
  names          = [[ cookiecutter.__images ]]
}
[% endif -%]
