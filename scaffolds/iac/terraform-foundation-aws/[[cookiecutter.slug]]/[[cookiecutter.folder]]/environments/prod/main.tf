locals {
  name = "[[ cookiecutter.name ]]-prod"
}

module "network" {
  source = "../../modules/network"

  name = local.name
  cidr = "10.20.0.0/16"
  # A lost zone must not take the way out of the others with it.
  nat_per_zone = true
}

module "cluster" {
  source = "../../modules/cluster"

  name                = local.name
  kubernetes_version  = "1.36"
  subnet_ids          = module.network.private_subnet_ids
  admin_role_arns     = var.admin_role_arns
  api_cidrs           = var.api_cidrs
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
