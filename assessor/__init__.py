"""gitops-assess: how far an organization is on the way to GitOps, and what comes next."""
