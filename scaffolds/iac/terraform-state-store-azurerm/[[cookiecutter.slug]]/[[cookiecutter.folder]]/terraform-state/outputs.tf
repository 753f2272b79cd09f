output "account" {
  description = "Storage account that every root names as its backend."
  value       = azurerm_storage_account.terraform_state.name
}
