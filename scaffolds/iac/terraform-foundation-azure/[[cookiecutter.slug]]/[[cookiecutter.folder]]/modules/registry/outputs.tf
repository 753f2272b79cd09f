output "login_server" {
  description = "Where to push images to."
  value       = azurerm_container_registry.images.login_server
}
