terraform {
  backend "gcs" {
    bucket = "acme-state"
  }
}

resource "google_compute_network" "main" {
  name = "main"
}
