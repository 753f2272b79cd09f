[% set c = cookiecutter -%]
terraform {
[% if not c.bucket %]  # The bucket is named at init: -backend-config="bucket=$TF_STATE_BUCKET"
[% endif %]  backend "gcs" {
[%- if c.bucket %]
    bucket = "[[ c.bucket ]]"
[%- endif %]
    prefix = "[[ c.repository ]]/environments/dev"
  }
}
