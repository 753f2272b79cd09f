terraform {
  backend "s3" {}
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "spacelift_drift_detection" "app" {
  stack_id = "app"
  schedule = ["0 4 * * *"]
}
