[% set c = cookiecutter -%]
variable "location" {
  description = "Azure region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}
