resource "azurerm_kubernetes_cluster" "main" {
  name = "main"

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
}
