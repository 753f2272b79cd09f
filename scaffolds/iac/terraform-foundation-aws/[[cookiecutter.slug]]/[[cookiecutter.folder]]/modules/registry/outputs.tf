output "urls" {
  description = "Where to push each image to."
  value       = { for name, repository in aws_ecr_repository.image : name => repository.repository_url }
}
