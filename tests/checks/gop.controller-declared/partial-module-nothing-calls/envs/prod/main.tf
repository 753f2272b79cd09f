terraform {
  backend "gcs" {
    bucket = "state"
  }
}

module "net" {
  source = "../../modules/net"
}
