variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Oldest minor version of Kubernetes to run; the release channel moves it on."
  type        = string
}

variable "network" {
  description = "Id of the network."
  type        = string
}

variable "subnetwork" {
  description = "Id of a subnetwork with ranges named pods and services."
  type        = string
}

variable "api_from_internet" {
  description = "Whether the API answers, to those that IAM lets in, from outside Google Cloud too."
  type        = bool
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
}
