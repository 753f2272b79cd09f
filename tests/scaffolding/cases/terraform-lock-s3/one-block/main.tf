terraform {
  required_version = ">= 1.11.0"

  backend "s3" {
    bucket = "acme-state"
    key    = "network/terraform.tfstate"
    region = "eu-west-1" # where the team is
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
