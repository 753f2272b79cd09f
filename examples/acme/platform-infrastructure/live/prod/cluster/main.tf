provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = {
      environment = "prod"
      repository  = "platform-infrastructure"
    }
  }
}

data "terraform_remote_state" "network" {
  backend = "s3"

  config = {
    bucket = "acme-example-terraform-state"
    key    = "prod/network/terraform.tfstate"
    region = "eu-west-1"
  }
}

module "cluster" {
  source = "../../../modules/cluster"

  name               = "acme-prod"
  kubernetes_version = "1.34"
  subnet_ids         = data.terraform_remote_state.network.outputs.private_subnet_ids
  public_endpoint    = false

  node_group = {
    instance_types = ["m7i.xlarge"]
    minimum        = 3
    maximum        = 12
  }
}

# Who fills it: the finance team, through the console. Terraform knows the name, never the value.
resource "aws_secretsmanager_secret" "ledger_database" {
  name                    = "prod/ledger/database"
  description             = "Connection of the ledger service, read by External Secrets."
  recovery_window_in_days = 30
}
