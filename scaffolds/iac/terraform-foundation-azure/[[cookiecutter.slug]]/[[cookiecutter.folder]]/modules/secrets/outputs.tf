output "vault_id" {
  description = "The vault, for the roles of who reads from it."
  value       = azurerm_key_vault.this.id
}
