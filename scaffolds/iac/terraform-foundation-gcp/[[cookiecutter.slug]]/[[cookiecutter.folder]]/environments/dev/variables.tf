variable "api_from_internet" {
  description = "Whether the cluster's API answers, to those that IAM lets in, from outside Google Cloud too."
  type        = bool
  default     = false
}
