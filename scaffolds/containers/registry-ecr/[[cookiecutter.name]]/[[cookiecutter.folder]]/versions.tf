[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]
terraform {
  # The first version in which S3 locks its own state.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
[%- if c.bucket %]

  backend "s3" {
    bucket       = "[[ c.bucket ]]"
    key          = "[[ c.folder ]]/terraform.tfstate"
    region       = "[[ c.region ]]"
    encrypt      = true
    use_lockfile = true
  }
[%- endif %]
}

provider "aws" {
  region = var.region
}
[% endif -%]
