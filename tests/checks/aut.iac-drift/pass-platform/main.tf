terraform {
  backend "s3" {}
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "tfe_workspace" "app" {
  name                = "app"
  assessments_enabled = true
}
