terraform {
  # Ephemeral values need 1.10, arguments that are only written 1.11.
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
