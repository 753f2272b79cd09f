module cluster 'aks-cluster.bicep' = {
  name: 'cluster'
}
