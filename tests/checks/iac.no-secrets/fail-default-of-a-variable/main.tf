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
variable "db_password" {
  type    = string
  default = "kX9vB2mQz7"
}
resource "aws_s3_bucket" "assets" {
  bucket = "assets"
}
