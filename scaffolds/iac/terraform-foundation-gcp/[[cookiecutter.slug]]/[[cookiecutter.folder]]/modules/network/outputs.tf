output "id" {
  description = "Id of the network."
  value       = google_compute_network.this.id
}

output "subnetwork" {
  description = "Id of the subnetwork, with ranges named pods and services."
  value       = google_compute_subnetwork.this.id
}
