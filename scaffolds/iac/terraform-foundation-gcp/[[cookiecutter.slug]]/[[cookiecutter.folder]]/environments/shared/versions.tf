terraform {
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
}

# The project comes from GOOGLE_PROJECT[% if not cookiecutter.region %], the region from GOOGLE_REGION[% endif %].
provider "google" {
[%- if cookiecutter.region %]
  region = "[[ cookiecutter.region ]]"
[% endif %]
  default_labels = {
    environment = "shared"
    managed-by  = "terraform"
  }
}
