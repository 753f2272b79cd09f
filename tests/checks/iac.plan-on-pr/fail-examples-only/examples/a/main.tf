resource "random_pet" "p" {}
