resource configuration 'Microsoft.KubernetesConfiguration/fluxConfigurations@2025-04-01' = {
  name: 'bootstrap'
  properties: {
    suspend: true
    gitRepository: {
      url: 'https://github.com/example/clusters.git'
    }
    kustomizations: {
      shop: {
        path: './apps'
        prune: true
      }
    }
  }
}
