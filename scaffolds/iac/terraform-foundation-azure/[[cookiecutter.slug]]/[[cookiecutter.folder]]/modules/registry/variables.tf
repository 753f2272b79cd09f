variable "location" {
  description = "Azure region."
  type        = string
}

variable "resource_group" {
  description = "Resource group to be in."
  type        = string
}

variable "name" {
  description = "Name of the registry: letters and digits, unique in all of Azure."
  type        = string
}
