# Exists before the cluster, so that it may join the network when the cluster is made.
resource "azurerm_user_assigned_identity" "cluster" {
  name                = "${var.name}-cluster"
  location            = var.location
  resource_group_name = var.resource_group
}

resource "azurerm_role_assignment" "network" {
  scope                = var.subnet_id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  dns_prefix          = var.name
  kubernetes_version  = var.kubernetes_version
  sku_tier            = var.sku_tier

  # The API has no address on the internet; from outside the network, `az aks command invoke` reaches it.
  private_cluster_enabled = true

  # Who may do what is decided by Entra ID alone: there is no local administrator to steal.
  local_account_disabled = true

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = var.admin_group_ids
  }

  # Pods get identities of their own, so no secret has to tell Azure who they are.
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  automatic_upgrade_channel = "patch"
  node_os_upgrade_channel   = "NodeImage"
  azure_policy_enabled      = true

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  # Only what the cluster itself needs runs here; applications have the pool below.
  default_node_pool {
    name                         = "system"
    vm_size                      = "Standard_D2ds_v5"
    vnet_subnet_id               = var.subnet_id
    zones                        = ["1", "2", "3"]
    os_sku                       = "AzureLinux"
    os_disk_type                 = "Ephemeral"
    os_disk_size_gb              = 64
    auto_scaling_enabled         = true
    min_count                    = 2
    max_count                    = 3
    max_pods                     = 110
    only_critical_addons_enabled = true
    temporary_name_for_rotation  = "systemnew"

    upgrade_settings {
      max_surge = "33%"
    }
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    outbound_type       = "userAssignedNATGateway"
  }

  depends_on = [azurerm_role_assignment.network]
}

resource "azurerm_kubernetes_cluster_node_pool" "applications" {
  name                        = "apps"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  vm_size                     = "Standard_D4ds_v5"
  vnet_subnet_id              = var.subnet_id
  zones                       = ["1", "2", "3"]
  os_sku                      = "AzureLinux"
  os_disk_type                = "Ephemeral"
  os_disk_size_gb             = 100
  auto_scaling_enabled        = true
  min_count                   = 1
  max_count                   = 10
  max_pods                    = 110
  temporary_name_for_rotation = "appsnew"

  upgrade_settings {
    max_surge = "33%"
  }
}

resource "azurerm_role_assignment" "pull" {
  scope                = var.registry_id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.this.kubelet_identity[0].object_id
}
