"""What the collectors of GitHub and GitLab share: declared calls, patience with limits, many repositories at once."""
