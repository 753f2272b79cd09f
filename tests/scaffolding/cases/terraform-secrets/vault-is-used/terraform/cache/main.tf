terraform {
  required_version = "~> 1.11"

  backend "s3" {
    bucket       = "acme-state"
    key          = "cache/terraform.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "cache_auth_token" {
  type    = string
  default = "q8Rk2vLx90PmWz31TgYb"
}

resource "aws_elasticache_replication_group" "orders" {
  replication_group_id       = "orders"
  description                = "Sessions of the shop"
  transit_encryption_enabled = true
  auth_token                 = var.cache_auth_token
}
