[% set cloud = "gcp" -%]
plugin "terraform" {
  enabled = true
  preset  = "recommended"
}
[%- if cloud != "none" %]
[% set name, version = {"aws": ("aws", "0.48.0"), "gcp": ("google", "0.39.0"), "azure": ("azurerm", "0.32.0")}[cloud] %]
# Knows what [[ {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}[cloud] ]] accepts: instance types, names, combinations.
plugin "[[ name ]]" {
  enabled = true
  version = "[[ version ]]"
  source  = "github.com/terraform-linters/tflint-ruleset-[[ name ]]"
}
[%- endif %]
