[% set c = cookiecutter -%]
variable "region" {
  description = "AWS region that keeps the state."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
