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

# The project comes from GOOGLE_PROJECT[% if not c.region %], the region from GOOGLE_REGION[% endif %].
[% if c.region -%]
provider "google" {
  region = "[[ c.region ]]"
}
[%- else -%]
provider "google" {}
[%- endif %]
