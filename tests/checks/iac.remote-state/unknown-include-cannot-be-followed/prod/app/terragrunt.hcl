include {
  path = get_env("ROOT")
}

terraform {
  source = "tfr:///terraform-aws-modules/vpc/aws?version=6.0.0"
}
