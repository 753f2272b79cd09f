output "cluster_name" {
  description = "For `az aks get-credentials --name`."
  value       = module.cluster.name
}
