output "cluster_name" {
  description = "For `gcloud container clusters get-credentials --dns-endpoint`."
  value       = module.cluster.name
}
