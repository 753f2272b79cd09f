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
variable "location" {
  description = "Azure region."
  type        = string
}

variable "resource_group" {
  description = "Resource group to be in."
  type        = string
}

variable "name" {
  description = "Name of the vault, unique in all of Azure."
  type        = string
}

variable "tenant_id" {
  description = "Entra tenant of who uses the vault."
  type        = string
}

variable "officer_ids" {
  description = "Object ids of who writes secrets."
  type        = set(string)
}

variable "names" {
  description = "Secrets to keep."
  type        = set(string)
}
[% endif -%]
