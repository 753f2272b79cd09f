variable "repo" {}

resource "google_gke_hub_feature_membership" "sync" {
  feature = "configmanagement"
  configmanagement {
    config_sync {
      git {
        sync_repo = var.repo
      }
    }
  }
}
