terraform {
  required_version = ">= 1.11"

  required_providers {
[%- if cookiecutter.secrets != "vault" %]
    google = {
      source  = "hashicorp/google"
      version = ">= 8.0"
    }
[%- endif %]
    random = {
      source  = "hashicorp/random"
      version = ">= 3.7"
    }
[%- if cookiecutter.secrets == "vault" %]
    vault = {
      source  = "hashicorp/vault"
      version = ">= 5.0"
    }
[%- endif %]
  }
}
