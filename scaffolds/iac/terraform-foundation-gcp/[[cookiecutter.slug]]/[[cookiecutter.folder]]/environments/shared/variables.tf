[% set c = cookiecutter -%]
variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
