resource "github_branch_protection" "main" {
  repository_id = "config"
  pattern       = "main"
  required_pull_request_reviews {
    required_approving_review_count = 1
  }
  required_status_checks {
    contexts = ["validate"]
  }
}
