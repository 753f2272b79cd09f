[% if cookiecutter.secrets == "vault" -%]
variable "mount" {
  description = "Where the key-value store (version 2) is mounted in Vault."
  type        = string
}

variable "prefix" {
  description = "What the names of the secrets begin with."
  type        = string
}

variable "names" {
  description = "Secrets to keep."
  type        = set(string)
}
[% else -%]
variable "prefix" {
  description = "What the names of the secrets begin with."
  type        = string
}

variable "names" {
  description = "Secrets to keep."
  type        = set(string)
}
[% endif -%]
