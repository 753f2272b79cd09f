terraform {
  # Ephemeral values need 1.10, arguments that are only written 1.11.
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
[%- if cookiecutter.secrets == "vault" %]
    vault = {
      source  = "hashicorp/vault"
      version = "~> 5.0"
    }
[%- endif %]
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
      environment = "dev"
      managed-by  = "terraform"
    }
  }
}
[%- if cookiecutter.secrets == "vault" %]

# Its address comes from VAULT_ADDR, who may write from VAULT_TOKEN or what CI signs in with.
provider "vault" {}
[%- endif %]
