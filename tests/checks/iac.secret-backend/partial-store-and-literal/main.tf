terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}
data "vault_kv_secret_v2" "a" {
  mount = "kv"
  name  = "a"
}

resource "aws_db_instance" "db" {
  password = "kX9vB2mQz7"
}
