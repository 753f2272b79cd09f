param gitUrl string = 'https://github.com/example/clusters.git'

resource aks 'Microsoft.ContainerService/managedClusters@2025-02-01' = {
  name: 'main'
  properties: {
    kubernetesVersion: '1.33'
  }
}

resource configuration 'Microsoft.KubernetesConfiguration/fluxConfigurations@2025-04-01' = {
  scope: aks
  name: 'bootstrap'
  properties: {
    sourceKind: 'GitRepository'
    gitRepository: {
      url: gitUrl
      repositoryRef: {
        branch: 'main'
      }
    }
    kustomizations: {
      shop: {
        path: './apps'
        dependsOn: []
        syncIntervalInSeconds: 300
        prune: true
      }
      orders: {
        path: './orders'
        prune: false
      }
    }
  }
}
