# What nodes may do, and nothing else: the default account of the project may edit all of it.
resource "google_service_account" "node" {
  account_id   = "${substr(var.name, 0, 25)}-node"
  display_name = "Nodes of the cluster ${var.name}"
}

resource "google_project_iam_member" "node" {
  for_each = toset(["roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount"])

  project = var.project
  role    = each.key
  member  = google_service_account.node.member
}

resource "google_container_cluster" "this" {
  name                = var.name
  location            = var.region
  min_master_version  = var.kubernetes_version
  deletion_protection = var.deletion_protection

  # Autopilot: Google runs, patches and scales the nodes.
  enable_autopilot = true

  cluster_autoscaling {
    auto_provisioning_defaults {
      service_account = google_service_account.node.email
    }
  }

  release_channel {
    channel = "REGULAR"
  }

  network    = var.network
  subnetwork = var.subnetwork

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes = true
  }

  # The API has no address of its own: it is reached by a name at which IAM decides who gets through.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = var.api_from_internet
    }

    ip_endpoints_config {
      enabled = false
    }
  }

  depends_on = [google_project_iam_member.node]
}
