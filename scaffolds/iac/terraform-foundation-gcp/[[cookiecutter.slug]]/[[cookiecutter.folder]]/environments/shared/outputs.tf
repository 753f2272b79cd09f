output "image_registry" {
  description = "Where to push images to, each below its name."
  value       = module.registry.url
}
