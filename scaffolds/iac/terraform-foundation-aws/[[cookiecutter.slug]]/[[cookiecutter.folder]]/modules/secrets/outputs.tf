output "arns" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
