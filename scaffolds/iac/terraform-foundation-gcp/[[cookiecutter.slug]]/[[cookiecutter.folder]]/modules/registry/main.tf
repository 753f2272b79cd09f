resource "google_artifact_registry_repository" "images" {
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"

  # A tag names one image for ever: what was deployed by commit stays what it was.
  docker_config {
    immutable_tags = true
  }

  # What lost its tag is deployed by no one; what has one is kept, so that a rollback finds it.
  cleanup_policies {
    id     = "untagged"
    action = "DELETE"

    condition {
      tag_state  = "UNTAGGED"
      older_than = "1209600s"
    }
  }

  # Scans what is pushed where the project has the Container Scanning API enabled.
  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }
}
