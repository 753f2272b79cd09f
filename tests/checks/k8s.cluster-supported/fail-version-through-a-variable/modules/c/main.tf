variable "v" {
  default = "1.35"
}

resource "aws_eks_cluster" "this" {
  version = var.v
}
