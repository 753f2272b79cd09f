terraform {
  required_version = "~> 1.11"
}

provider "aws" {}
resource "aws_s3_bucket" "assets" {
  bucket = "assets"
}
