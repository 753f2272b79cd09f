variable "zone_id" {
  type = string
}
