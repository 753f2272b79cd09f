terraform {
  # Ephemeral values need 1.10, arguments that are only written 1.11.
  required_version = "~> 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
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

# The subscription comes from ARM_SUBSCRIPTION_ID.
provider "azurerm" {
  features {}
}
[%- if cookiecutter.secrets == "vault" %]

# Its address comes from VAULT_ADDR, who may write from VAULT_TOKEN or what CI signs in with.
provider "vault" {}
[%- endif %]
