terraform {
  required_version = ">= 1.11"

  # GitLab keeps the state; its address comes from the environment (.gitlab/ci/project-settings.yml).
  backend "http" {}

  required_providers {
    gitlab = {
      source  = "gitlabhq/gitlab"
      version = "~> 18.6"
    }
  }
}
