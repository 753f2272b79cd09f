[% set c = cookiecutter -%]
variable "location" {
  description = "Azure region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}

variable "admin_group_ids" {
  description = "Object ids of the Entra groups that administer the cluster."
  type        = set(string)
  default     = []
}

variable "secret_officer_ids" {
  description = "Object ids of who writes secrets, the identity that applies this included."
  type        = set(string)
  default     = []
}
