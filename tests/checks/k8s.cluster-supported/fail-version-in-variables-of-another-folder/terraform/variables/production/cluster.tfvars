cluster_version = "1.24"
