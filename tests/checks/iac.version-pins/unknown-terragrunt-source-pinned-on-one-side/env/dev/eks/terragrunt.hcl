terraform {
  source = "${get_env("ENVIRONMENT") == "production" ? "git::https://github.com/acme/infra//aws/eks?ref=v${get_env("V")}" : "../../../aws//eks"}"
}
include { path = find_in_parent_folders() }
