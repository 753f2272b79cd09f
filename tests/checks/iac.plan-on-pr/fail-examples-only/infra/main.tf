terraform {
  required_version = "~> 1.9"
  backend "s3" {
    bucket = "b"
    key = "k"
    region = "eu-west-1"
    use_lockfile = true
  }
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
