variable "project" {
  description = "Path of this project with its groups; CI gives it."
  type        = string
}
