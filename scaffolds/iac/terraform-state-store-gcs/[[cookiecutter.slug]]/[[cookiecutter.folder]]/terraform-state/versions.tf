[% set c = cookiecutter -%]
terraform {
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }

  # The bucket below; README.md says how its own state gets there. Named at init: -backend-config="bucket=$TF_STATE_BUCKET"
  backend "gcs" {
    prefix = "[[ c.repository ]]/terraform-state"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}
