[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]
terraform {
  required_version = ">= 1.11.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
[%- if c.bucket %]

  backend "gcs" {
    bucket = "[[ c.bucket ]]"
    prefix = "[[ c.folder ]]"
  }
[%- endif %]
}

provider "google" {
  project = var.project
  region  = var.region
}
[% endif -%]
