terraform {
  # The first version that locks state in S3 by itself.
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

[% if not cookiecutter.region -%]
# The region comes from AWS_REGION.
[% endif -%]
provider "aws" {
[%- if cookiecutter.region %]
  region = "[[ cookiecutter.region ]]"
[% endif %]
  default_tags {
    tags = {
      environment = "shared"
      managed-by  = "terraform"
    }
  }
}
