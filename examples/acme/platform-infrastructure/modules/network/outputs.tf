output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Ids of the subnets nodes run in."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}
