resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'vault'
}

module aks './core/host/aks.bicep' = {
  name: 'aks'
}
