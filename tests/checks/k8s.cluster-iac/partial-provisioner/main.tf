resource "aws_instance" "master" {
  ami = "ami-1"

  provisioner "remote-exec" {
    inline = [
      "sudo kubeadm init --pod-network-cidr 10.244.0.0/16",
    ]
  }
}
