terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
  backend "s3" {
    bucket = "company-state"
    key    = "app.tfstate"
    region = "eu-central-1"
  }
}

provider "aws" {
  region = "eu-central-1"
}
provider "aws" {
  alias      = "doc"
  access_key = "AKIAIOSFODNN7EXAMPLE"
  secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
}

resource "aws_db_instance" "db" {
  password = var.password
}

# url = "https://hooks.slack.com/services/T0AAAAAA1/B0BBBBBB2/xxxxxxxxxxxxxxxxxxxxxxxx"
