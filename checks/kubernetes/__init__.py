"""Step 3: add Kubernetes."""
