variable "name" {
  description = "Name of the environment."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "resource_group" {
  description = "Resource group of the environment."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network, a /16."
  type        = string
}
