terraform {
  required_version = "~> 1.14.2"

  backend "gcs" {
    bucket = "acme-state"
    prefix = "dev"
  }
}

provider "google" {
  project = "acme-dev"
  region  = "europe-west1"
}

resource "google_pubsub_topic" "orders" {
  name = "orders"
}
