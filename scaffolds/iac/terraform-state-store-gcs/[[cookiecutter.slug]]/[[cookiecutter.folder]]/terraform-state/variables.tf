[% set c = cookiecutter -%]
variable "project" {
  description = "Id of the project that owns the bucket."
  type        = string
}

variable "region" {
  description = "Region that keeps the state."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
