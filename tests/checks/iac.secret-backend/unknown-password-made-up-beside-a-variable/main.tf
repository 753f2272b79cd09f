terraform {
  backend "gcs" {
    bucket = "b"
  }
}
variable "db_password" { sensitive = true }
resource "random_password" "p" { length = 20 }
resource "aws_db_instance" "d" { password = random_password.p.result }
