terraform {
  # Ephemeral values need 1.10, arguments that are only written 1.11.
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      environment = "shared"
      managed-by  = "terraform"
    }
  }
}
