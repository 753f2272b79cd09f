output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Address of the API."
  value       = aws_eks_cluster.this.endpoint
}
