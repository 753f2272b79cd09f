data "google_client_config" "current" {}

resource "google_storage_bucket" "terraform_state" {
  # Names of buckets are unique in all of Google Cloud; the project's id makes this one so.
  name     = "${data.google_client_config.current.project}-terraform-state"
  location = data.google_client_config.current.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # An earlier version is the way back from a broken state.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      num_newer_versions         = 20
      days_since_noncurrent_time = 90
    }

    action {
      type = "Delete"
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
