output "name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}
