"""Asks clusters: controllers, what they reconcile, workloads, and who owns them."""
