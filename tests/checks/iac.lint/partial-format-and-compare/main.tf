terraform {
  backend "gcs" {
    bucket = "state"
  }
}

resource "google_compute_network" "net" {
  name = "net"
}
