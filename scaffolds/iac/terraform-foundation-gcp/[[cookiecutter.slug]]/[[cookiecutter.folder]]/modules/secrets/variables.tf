variable "prefix" {
  description = "What the names of the secrets begin with."
  type        = string
}

variable "names" {
  description = "Secrets to keep."
  type        = set(string)
}
