"""What the commands and shared steps of pipelines are for: one small mechanism, and tables of what is known."""
