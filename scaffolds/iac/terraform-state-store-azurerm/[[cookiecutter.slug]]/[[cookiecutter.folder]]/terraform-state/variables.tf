[% set c = cookiecutter -%]
variable "location" {
  description = "Azure region that keeps the state."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}

variable "writers" {
  description = "Object ids of the people, groups and identities that run Terraform."
  type        = set(string)
  default     = []
}
