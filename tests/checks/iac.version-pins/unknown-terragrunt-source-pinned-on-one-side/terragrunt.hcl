remote_state {
  backend = "s3"
  generate = { path = "backend.tf", if_exists = "overwrite_terragrunt" }
  config = { bucket = "b", key = "${path_relative_to_include()}/t.tfstate", region = "eu-west-1", dynamodb_table = "t" }
}
