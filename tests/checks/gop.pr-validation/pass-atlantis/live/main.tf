terraform {
  backend "s3" {
    bucket       = "acme-state"
    key          = "live.tfstate"
    region       = "eu-central-1"
    use_lockfile = true
  }
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
