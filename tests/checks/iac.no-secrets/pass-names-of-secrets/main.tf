terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}
resource "google_secret_manager_secret" "a" {
  secret_id = "zendesk-api-token"
}

locals {
  client_secret  = "GRAFANA_CLIENT_SECRET"
  creation_token = "ckan-outputs"
}
