terraform {
  backend "gcs" { bucket = "acme-state" }
}

resource "helm_release" "shop" {
  name       = "shop"
  repository = "https://charts.example.com"
  chart      = "shop"
  version    = "1.2.3"
}
