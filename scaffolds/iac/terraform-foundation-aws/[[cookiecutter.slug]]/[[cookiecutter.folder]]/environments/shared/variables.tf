[% set c = cookiecutter -%]
variable "region" {
  description = "AWS region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
