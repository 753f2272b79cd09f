[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]
variable "project" {
  description = "Id of the Google Cloud project of the registry."
  type        = string
}

variable "region" {
  description = "Region that keeps the images."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
[% endif -%]
