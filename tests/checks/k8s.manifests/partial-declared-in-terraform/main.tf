resource "kubernetes_deployment_v1" "web" {
  metadata {
    name = "web"
  }
}
