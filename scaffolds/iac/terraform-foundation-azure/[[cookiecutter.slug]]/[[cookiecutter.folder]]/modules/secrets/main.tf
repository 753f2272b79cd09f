[% if cookiecutter.secrets == "vault" -%]
# A first value that nobody knows. Neither it nor what people put in its place later ever is in the state or a plan:
# the value is made for one run, and the argument that takes it is only written.
ephemeral "random_password" "first" {
  for_each = var.names

  length = 40
}

resource "vault_kv_secret_v2" "first" {
  for_each = var.names

  mount        = var.mount
  name         = "${var.prefix}/${each.key}"
  data_json_wo = jsonencode({ password = ephemeral.random_password.first[each.key].result })
  # Raised only to write a new value from here.
  data_json_wo_version = 1
}
[% else -%]
resource "azurerm_key_vault" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  tenant_id           = var.tenant_id
  sku_name            = "standard"

  rbac_authorization_enabled = true
  purge_protection_enabled   = true
}

resource "azurerm_role_assignment" "officer" {
  for_each = var.officer_ids

  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = each.value
}

# A first value that nobody knows. Neither it nor what people put in its place later ever is in the state or a plan:
# the value is made for one run, and the argument that takes it is only written.
ephemeral "random_password" "first" {
  for_each = var.names

  length = 40
}

resource "azurerm_key_vault_secret" "first" {
  for_each = var.names

  name         = each.key
  key_vault_id = azurerm_key_vault.this.id
  content_type = "application/json"
  value_wo     = jsonencode({ password = ephemeral.random_password.first[each.key].result })
  # Raised only to write a new value from here.
  value_wo_version = 1

  depends_on = [azurerm_role_assignment.officer]
}
[% endif -%]
