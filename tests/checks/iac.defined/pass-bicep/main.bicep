resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: 'plan'
}
