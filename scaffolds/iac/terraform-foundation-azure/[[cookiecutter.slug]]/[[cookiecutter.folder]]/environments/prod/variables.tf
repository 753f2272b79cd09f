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
[%- if c.secrets != "vault" %]

variable "secret_officer_ids" {
  description = "Object ids of who writes secrets, the identity that applies this included."
  type        = set(string)
  default     = []
}
[%- endif %]
[%- if cookiecutter.secrets == "vault" %]

variable "vault_mount" {
  description = "Where the key-value store (version 2) is mounted in Vault."
  type        = string
  default     = "secret"
}
[%- endif %]
