[% set c = cookiecutter -%]
terraform {
[% if not c.bucket %]  # The bucket is named at init: -backend-config="bucket=$TF_STATE_BUCKET"
[% endif %]  backend "s3" {
[%- if c.bucket %]
    bucket       = "[[ c.bucket ]]"
[%- endif %]
    key          = "[[ c.repository ]]/environments/shared/terraform.tfstate"
[%- if c.region %]
    region       = "[[ c.region ]]"
[%- endif %]
    encrypt      = true
    use_lockfile = true
  }
}
