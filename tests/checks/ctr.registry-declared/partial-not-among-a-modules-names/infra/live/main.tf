provider "aws" {
  region = "eu-central-1"
}

module "registry" {
  source = "../modules/registry"
  repositories = {
    app = {}
  }
}
