[% set c = cookiecutter -%]
data "gitlab_project" "this" {
  path_with_namespace = var.project
}

import {
  to = gitlab_project.this
  id = var.project
}

# Here for one setting alone: everything else about the project stays as it is.
resource "gitlab_project" "this" {
  name                                  = data.gitlab_project.this.name
  only_allow_merge_if_pipeline_succeeds = true

  lifecycle {
    ignore_changes  = [description, name, tags, topics]
    prevent_destroy = true
  }
}

# What runs follows this branch, so that it takes only what came through a merge request.
resource "gitlab_branch_protection" "deployed" {
  project            = gitlab_project.this.id
  branch             = [[ c.branch | tojson ]]
  push_access_level  = "no one"
  merge_access_level = "maintainer"
  allow_force_push   = false
[%- if c.tier == "premium" %]

  code_owner_approval_required = true
[%- endif %]
}
[%- if c.tier == "premium" %]

resource "gitlab_project_approval_rule" "reviewed" {
  project            = gitlab_project.this.id
  name               = "Reviewed"
  rule_type          = "any_approver"
  approvals_required = 1
}

resource "gitlab_project_level_mr_approvals" "reviewed" {
  project                                        = gitlab_project.this.id
  reset_approvals_on_push                        = true
  merge_requests_author_approval                 = false
  merge_requests_disable_committers_approval     = true
  disable_overriding_approvers_per_merge_request = true
}
[%- endif %]
