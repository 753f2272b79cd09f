output "vpc_id" {
  description = "Id of the network."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Subnets without a way in from the internet, one in each zone."
  value       = [for subnet in aws_subnet.private : subnet.id]
}
