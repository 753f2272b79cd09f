variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version of the control plane."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets for the control plane's interfaces and the nodes."
  type        = list(string)
}

variable "public_endpoint" {
  description = "Whether the API server can be reached from the internet."
  type        = bool
  default     = false
}

variable "node_group" {
  description = "Size of the node group."
  type = object({
    instance_types = list(string)
    minimum        = number
    maximum        = number
  })
}
