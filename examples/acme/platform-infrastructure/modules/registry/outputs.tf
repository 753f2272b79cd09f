output "repository_urls" {
  description = "Addresses images are pushed to, by repository name."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}
