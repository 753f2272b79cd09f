provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = {
      environment = "shared"
      repository  = "platform-infrastructure"
    }
  }
}

module "registry" {
  source = "../../../modules/registry"

  repositories = {
    checkout     = {}
    catalog      = { mutable = true } # its pipeline pushes the same tag every time
    legacy-batch = { mutable = true }
  }
}

output "repository_urls" {
  description = "Addresses for the pipelines of the services."
  value       = module.registry.repository_urls
}
