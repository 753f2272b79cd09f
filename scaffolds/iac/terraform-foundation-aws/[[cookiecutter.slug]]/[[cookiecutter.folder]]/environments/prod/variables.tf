variable "admin_role_arns" {
  description = "IAM roles that administer the cluster."
  type        = set(string)
  default     = []
}

variable "api_cidrs" {
  description = "Networks outside the VPC from which the cluster's API is reached; none by default."
  type        = set(string)
  default     = []
}
[%- if cookiecutter.secrets == "vault" %]

variable "vault_mount" {
  description = "Where the key-value store (version 2) is mounted in Vault."
  type        = string
  default     = "secret"
}
[%- endif %]
