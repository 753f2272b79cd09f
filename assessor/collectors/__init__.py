"""Sources of facts: files, git history, live systems."""
