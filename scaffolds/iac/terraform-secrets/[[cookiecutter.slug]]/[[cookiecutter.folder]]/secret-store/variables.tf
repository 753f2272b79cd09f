[% set c = cookiecutter -%]
variable "name" {
  description = "Name of the secret, a JSON object of secrets by key."
  type        = string
}
[%- if c.store == "azure" %]

variable "key_vault_id" {
  description = "Id of the Key Vault that holds it."
  type        = string
}
[%- elif c.store == "vault" %]

variable "mount" {
  description = "Where the key-value store (version 2) is mounted in Vault."
  type        = string
}
[%- endif %]
