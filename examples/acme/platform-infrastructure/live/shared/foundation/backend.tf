terraform {
  backend "s3" {
    bucket       = "acme-example-terraform-state"
    key          = "shared/foundation/terraform.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
