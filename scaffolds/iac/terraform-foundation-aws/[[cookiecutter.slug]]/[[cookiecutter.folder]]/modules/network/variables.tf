variable "name" {
  description = "Name of the network and of what is in it."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network, a /16."
  type        = string
}

variable "nat_per_zone" {
  description = "Whether each zone has its own way to the internet."
  type        = bool
}
