variable "name" {
  description = "Name of the VPC and prefix of what is in it."
  type        = string
}

variable "cidr_block" {
  description = "Address range of the VPC, a /16."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr_block, 0))
    error_message = "The address range must be in CIDR notation."
  }
}

variable "availability_zones" {
  description = "Zones that get a public and a private subnet each."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "One NAT gateway per zone instead of a single one."
  type        = bool
  default     = false
}
