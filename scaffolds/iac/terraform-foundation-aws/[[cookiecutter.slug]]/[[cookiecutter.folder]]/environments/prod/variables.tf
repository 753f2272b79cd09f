[% set c = cookiecutter -%]
variable "region" {
  description = "AWS region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}

variable "admin_role_arns" {
  description = "IAM roles that administer the cluster."
  type        = set(string)
  default     = []
}

variable "api_cidrs" {
  description = "Networks outside the VPC from which the cluster's API is reached; none by default."
  type        = set(string)
  default     = []
}
