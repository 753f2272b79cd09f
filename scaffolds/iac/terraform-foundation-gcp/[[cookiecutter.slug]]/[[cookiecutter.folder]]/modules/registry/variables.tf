variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "region" {
  description = "Region that keeps the images."
  type        = string
}
