output "cluster_name" {
  description = "For `aws eks update-kubeconfig --name`."
  value       = module.cluster.name
}
