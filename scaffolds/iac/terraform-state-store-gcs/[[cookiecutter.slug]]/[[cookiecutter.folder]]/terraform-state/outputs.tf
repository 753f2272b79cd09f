output "bucket" {
  description = "Bucket that every root names as its backend."
  value       = google_storage_bucket.terraform_state.name
}
