terraform {
  backend "s3" {
    bucket  = "acme-example-terraform-state"
    key     = "prod/cluster/terraform.tfstate"
    region  = "eu-west-1"
    encrypt = true
  }
}
