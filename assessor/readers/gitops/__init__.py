"""GitOps controllers and the files of the practices around them."""
