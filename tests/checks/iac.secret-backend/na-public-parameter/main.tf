terraform {
  backend "gcs" {
    bucket = "b"
  }
}
data "aws_ssm_parameter" "eks_ami" {
  name = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/image_id"
}
resource "aws_instance" "i" { ami = data.aws_ssm_parameter.eks_ami.value }
