variable "repositories" {
  description = "Image repositories, by name; mutable ones accept a tag twice."
  type        = map(object({ mutable = optional(bool, false) }))
}

variable "untagged_days" {
  description = "Days until an image without a tag is removed."
  type        = number
  default     = 14
}
