[% set c = cookiecutter -%]
terraform {
  # Arguments that are only written need 1.11.
  required_version = ">= 1.11"

  required_providers {
[%- if c.store == "aws" %]
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.77"
    }
[%- elif c.store == "gcp" %]
    google = {
      source  = "hashicorp/google"
      version = ">= 8.0"
    }
[%- elif c.store == "azure" %]
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.11"
    }
[%- else %]
    vault = {
      source  = "hashicorp/vault"
      version = ">= 5.0"
    }
[%- endif %]
  }
}
