# One registry for all environments: production runs the very image that was tried before.
module "registry" {
  source = "../../modules/registry"

  name   = "[[ cookiecutter.name ]]"
  region = var.region
}
