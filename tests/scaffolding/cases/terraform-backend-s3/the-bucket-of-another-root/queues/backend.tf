# terraform {
#   backend "s3" {}
# }
