terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
  backend "gcs" {
    bucket = "state"
  }
}

provider "aws" {
  region = "eu-central-1"
}
resource "aws_s3_bucket" "assets" {
  bucket = "assets"
}
