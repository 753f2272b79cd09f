output "subnet_id" {
  description = "Subnet for nodes, once it has a way out."
  value       = azurerm_subnet_nat_gateway_association.nodes.subnet_id
}
