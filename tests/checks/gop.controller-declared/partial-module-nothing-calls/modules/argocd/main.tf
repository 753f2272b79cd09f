variable "version" {}

resource "helm_release" "argocd" {
  name  = "argocd"
  chart = "argo-cd"
}
