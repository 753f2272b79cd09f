[% if cookiecutter.secrets == "vault" -%]
output "paths" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in vault_kv_secret_v2.first : name => secret.path }
}
[% else -%]
output "ids" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.id }
}
[% endif -%]
