terraform {
  source = local.source
}
