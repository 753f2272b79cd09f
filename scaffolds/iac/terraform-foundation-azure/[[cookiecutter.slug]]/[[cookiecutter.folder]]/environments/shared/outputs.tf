output "image_registry" {
  description = "Where to push images to."
  value       = module.registry.login_server
}
