output "ids" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.id }
}
