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
resource "aws_secretsmanager_secret" "this" {
  for_each = var.names

  name = "${var.prefix}/${each.key}"
}

# A first value that nobody knows. Neither it nor what people put in its place later ever is in the state or a plan:
# the value is made for one run, and the argument that takes it is only written.
ephemeral "random_password" "first" {
  for_each = var.names

  length = 40
}

resource "aws_secretsmanager_secret_version" "first" {
  for_each = aws_secretsmanager_secret.this

  secret_id        = each.value.id
  secret_string_wo = jsonencode({ password = ephemeral.random_password.first[each.key].result })
  # Raised only to write a new value from here.
  secret_string_wo_version = 1
}
[% endif -%]
