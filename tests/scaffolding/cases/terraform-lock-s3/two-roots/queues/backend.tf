terraform {
  required_version = "~> 1.11"
  backend "s3" {
    bucket  = "acme-state"
    key     = "queues/terraform.tfstate"
    region  = "eu-west-1"
    encrypt = true

    assume_role = {
      role_arn = "arn:aws:iam::111122223333:role/state"
    }
  }
}
