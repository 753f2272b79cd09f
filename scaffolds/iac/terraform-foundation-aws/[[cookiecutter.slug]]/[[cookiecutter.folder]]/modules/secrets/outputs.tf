[% if cookiecutter.secrets == "vault" -%]
output "paths" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in vault_kv_secret_v2.first : name => secret.path }
}
[% else -%]
output "arns" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
[% endif -%]
