variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes; raise it before its standard support ends."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets for nodes and the API's endpoint, in two zones at least."
  type        = list(string)
}

variable "admin_role_arns" {
  description = "IAM roles that administer the cluster."
  type        = set(string)
}

variable "api_cidrs" {
  description = "Networks outside the VPC from which the API is reached; with none, it has no public endpoint."
  type        = set(string)
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
}
