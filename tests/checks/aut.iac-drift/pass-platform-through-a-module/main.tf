terraform {
  cloud {}
}

module "orders" {
  source  = "example/workspace/tfe"
  version = "1.2.0"

  name                = "orders"
  assessments_enabled = true
}
