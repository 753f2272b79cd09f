output "image_repositories" {
  description = "Where to push each image to."
  value       = module.registry.urls
}
