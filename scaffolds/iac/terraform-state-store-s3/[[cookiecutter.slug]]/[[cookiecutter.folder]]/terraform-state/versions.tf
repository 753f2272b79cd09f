[% set c = cookiecutter -%]
terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # The bucket below; README.md says how its own state gets there. Named at init: -backend-config="bucket=$TF_STATE_BUCKET"
  backend "s3" {
    key          = "[[ c.repository ]]/terraform-state/terraform.tfstate"
[%- if c.region %]
    region       = "[[ c.region ]]"
[%- endif %]
    encrypt      = true
    use_lockfile = true
  }
}

[% if c.region -%]
provider "aws" {
  region = "[[ c.region ]]"
}
[%- else -%]
# The region comes from AWS_REGION.
provider "aws" {}
[%- endif %]
