output "bucket" {
  description = "Bucket that every root names as its backend."
  value       = aws_s3_bucket.terraform_state.bucket
}
