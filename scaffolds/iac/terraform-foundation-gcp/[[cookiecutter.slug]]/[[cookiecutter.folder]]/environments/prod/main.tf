data "google_client_config" "current" {}

locals {
  name = "[[ cookiecutter.name[:30] ]]-prod"
}

module "network" {
  source = "../../modules/network"

  name     = local.name
  region   = data.google_client_config.current.region
  nodes    = "10.20.0.0/20"
  pods     = "10.21.0.0/16"
  services = "10.20.16.0/20"
}

module "cluster" {
  source = "../../modules/cluster"

  name                = local.name
  project             = data.google_client_config.current.project
  region              = data.google_client_config.current.region
  kubernetes_version  = "1.36"
  network             = module.network.id
  subnetwork          = module.network.subnetwork
  api_from_internet   = var.api_from_internet
  deletion_protection = true
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
# One secret for each service, below the environment's name.
module "secrets" {
  source = "../../modules/secrets"

  prefix = local.name
  names  = [[ cookiecutter.__images ]]
}
[% endif -%]
