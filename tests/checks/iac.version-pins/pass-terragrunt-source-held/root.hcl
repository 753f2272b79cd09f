remote_state {
  backend = "s3"
  config = {
    bucket         = "company-state"
    key            = "${path_relative_to_include()}/tf.tfstate"
    region         = "eu-central-1"
    dynamodb_table = "tf-locks"
  }
}
