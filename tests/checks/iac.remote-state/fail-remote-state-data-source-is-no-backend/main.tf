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
data "terraform_remote_state" "vpc" {
  backend = "s3"
  config = {
    bucket = "x"
  }
}
resource "aws_s3_bucket" "assets" {
  bucket = "assets"
}
