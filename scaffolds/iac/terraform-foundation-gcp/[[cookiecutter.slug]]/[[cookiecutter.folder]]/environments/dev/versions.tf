terraform {
  # Ephemeral values need 1.10, arguments that are only written 1.11.
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
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

# The project comes from GOOGLE_PROJECT[% if not cookiecutter.region %], the region from GOOGLE_REGION[% endif %].
provider "google" {
[%- if cookiecutter.region %]
  region = "[[ cookiecutter.region ]]"
[% endif %]
  default_labels = {
    environment = "dev"
    managed-by  = "terraform"
  }
}
[%- if cookiecutter.secrets == "vault" %]

# Its address comes from VAULT_ADDR, who may write from VAULT_TOKEN or what CI signs in with.
provider "vault" {}
[%- endif %]
