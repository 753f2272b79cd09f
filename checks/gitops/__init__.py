"""Step 4: implement GitOps."""
