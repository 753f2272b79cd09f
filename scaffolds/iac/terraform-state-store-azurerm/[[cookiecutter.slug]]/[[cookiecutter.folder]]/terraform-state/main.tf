data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "terraform_state" {
  name     = "terraform-state"
  location = var.location
}

resource "azurerm_storage_account" "terraform_state" {
  # Names are unique in all of Azure; a digest of the subscription's id makes this one so.
  name                = "tfstate${substr(sha256(data.azurerm_client_config.current.subscription_id), 0, 16)}"
  resource_group_name = azurerm_resource_group.terraform_state.name
  location            = azurerm_resource_group.terraform_state.location

  account_tier             = "Standard"
  account_replication_type = "GRS"

  # Encryption at rest cannot be switched off; this keeps readers from anything but TLS.
  min_tls_version                 = "TLS1_2"
  allow_nested_items_to_be_public = false
  # State is read and written with identities that have a role, not with a key that can be copied.
  shared_access_key_enabled = false
  local_user_enabled        = false

  # An earlier version is the way back from a broken state.
  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 30
    }

    container_delete_retention_policy {
      days = 30
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "terraform_state" {
  name               = "tfstate"
  storage_account_id = azurerm_storage_account.terraform_state.id
}

resource "azurerm_storage_management_policy" "terraform_state" {
  storage_account_id = azurerm_storage_account.terraform_state.id

  rule {
    name    = "old-versions"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      version {
        delete_after_days_since_creation = 90
      }
    }
  }
}

resource "azurerm_role_assignment" "writers" {
  for_each = var.writers

  scope                = azurerm_storage_account.terraform_state.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.value
}
