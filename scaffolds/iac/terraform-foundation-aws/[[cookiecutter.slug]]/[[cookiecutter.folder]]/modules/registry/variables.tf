variable "images" {
  description = "Names of the images to keep, one repository for each."
  type        = set(string)
}
