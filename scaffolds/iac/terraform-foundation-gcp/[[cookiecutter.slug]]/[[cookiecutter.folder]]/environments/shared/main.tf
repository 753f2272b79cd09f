data "google_client_config" "current" {}

# One registry for all environments: production runs the very image that was tried before.
module "registry" {
  source = "../../modules/registry"

  name   = "[[ cookiecutter.name ]]"
  region = data.google_client_config.current.region
}
