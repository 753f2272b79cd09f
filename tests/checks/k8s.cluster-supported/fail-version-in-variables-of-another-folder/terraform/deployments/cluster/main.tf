terraform {
  backend "s3" {
    bucket       = "b"
    use_lockfile = true
  }
}
variable "cluster_version" { type = string }
resource "aws_eks_cluster" "main" {
  name    = "main"
  version = var.cluster_version
}
