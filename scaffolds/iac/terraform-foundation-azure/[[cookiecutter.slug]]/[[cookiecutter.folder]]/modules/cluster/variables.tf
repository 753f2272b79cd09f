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

variable "kubernetes_version" {
  description = "Minor version of Kubernetes; patches come by themselves."
  type        = string
}

variable "sku_tier" {
  description = "Free, or Standard with an uptime guarantee."
  type        = string
}

variable "subnet_id" {
  description = "Subnet of the nodes."
  type        = string
}

variable "registry_id" {
  description = "Registry that the nodes pull from."
  type        = string
}

variable "admin_group_ids" {
  description = "Object ids of the Entra groups that administer the cluster."
  type        = set(string)
}
