[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]
variable "region" {
  description = "AWS region of the registry."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
[% endif -%]
