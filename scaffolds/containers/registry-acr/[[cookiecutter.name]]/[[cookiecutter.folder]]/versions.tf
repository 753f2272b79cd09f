[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]
terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
[%- if c.account and c.group and c.container %]

  backend "azurerm" {
    resource_group_name  = "[[ c.group ]]"
    storage_account_name = "[[ c.account ]]"
    container_name       = "[[ c.container ]]"
    key                  = "[[ c.folder ]].tfstate"
  }
[%- endif %]
}

provider "azurerm" {
  features {}
}
[% endif -%]
