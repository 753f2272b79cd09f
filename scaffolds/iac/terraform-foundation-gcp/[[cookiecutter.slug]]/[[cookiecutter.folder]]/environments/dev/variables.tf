[% set c = cookiecutter -%]
variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of everything here."
  type        = string
[%- if c.region %]
  default     = "[[ c.region ]]"
[%- endif %]
}

variable "api_from_internet" {
  description = "Whether the cluster's API answers, to those that IAM lets in, from outside Google Cloud too."
  type        = bool
  default     = false
}
