variable "api_from_internet" {
  description = "Whether the cluster's API answers, to those that IAM lets in, from outside Google Cloud too."
  type        = bool
  default     = false
}
[%- if cookiecutter.secrets == "vault" %]

variable "vault_mount" {
  description = "Where the key-value store (version 2) is mounted in Vault."
  type        = string
  default     = "secret"
}
[%- endif %]
