"""Asks AWS accounts: state buckets, registries, clusters, stacks, and what no code declares."""
