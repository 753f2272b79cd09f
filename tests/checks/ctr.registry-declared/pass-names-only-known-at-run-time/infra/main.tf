provider "aws" {
  region = "eu-central-1"
}

variable "services" {
  type = set(string)
}

resource "aws_ecr_repository" "this" {
  for_each = var.services
  name     = each.key
}
