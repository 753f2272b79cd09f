[% if cookiecutter.secrets == "vault" -%]
output "paths" {
  description = "Secrets by name, for the policies of who reads them."
  value       = { for name, secret in vault_kv_secret_v2.first : name => secret.path }
}
[% else -%]
output "vault_id" {
  description = "The vault, for the roles of who reads from it."
  value       = azurerm_key_vault.this.id
}
[% endif -%]
