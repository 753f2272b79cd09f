provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = {
      environment = "dev"
      repository  = "platform-infrastructure"
    }
  }
}

data "terraform_remote_state" "network" {
  backend = "s3"

  config = {
    bucket = "acme-example-terraform-state"
    key    = "dev/network/terraform.tfstate"
    region = "eu-west-1"
  }
}

module "cluster" {
  source = "../../../modules/cluster"

  name               = "acme-dev"
  kubernetes_version = "1.35"
  subnet_ids         = data.terraform_remote_state.network.outputs.private_subnet_ids
  public_endpoint    = true

  node_group = {
    instance_types = ["t3.large"]
    minimum        = 2
    maximum        = 4
  }
}
