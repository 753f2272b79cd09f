variable "name" {
  description = "Name of the network."
  type        = string
}

variable "region" {
  description = "Region of the subnetwork."
  type        = string
}

variable "nodes" {
  description = "Addresses of nodes."
  type        = string
}

variable "pods" {
  description = "Addresses of pods."
  type        = string
}

variable "services" {
  description = "Addresses of Kubernetes services."
  type        = string
}
