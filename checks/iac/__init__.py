"""Step 1: start with infrastructure as code."""
