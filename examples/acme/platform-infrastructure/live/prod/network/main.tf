provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = {
      environment = "prod"
      repository  = "platform-infrastructure"
    }
  }
}

module "network" {
  source = "../../../modules/network"

  name               = "acme-prod"
  cidr_block         = "10.30.0.0/16"
  availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  nat_per_zone       = true
}

output "private_subnet_ids" {
  description = "Subnets the cluster's root reads."
  value       = module.network.private_subnet_ids
}
