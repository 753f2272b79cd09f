[% set c = cookiecutter -%]
output "values" {
  description = "Secrets by key."
  value       = [% if c.store == "aws" %]jsondecode(ephemeral.aws_secretsmanager_secret_version.this.secret_string)[% elif c.store == "gcp" %]jsondecode(ephemeral.google_secret_manager_secret_version.this.secret_data)[% elif c.store == "azure" %]jsondecode(ephemeral.azurerm_key_vault_secret.this.value)[% else %]ephemeral.vault_kv_secret_v2.this.data[% endif %]
  ephemeral   = true
}
