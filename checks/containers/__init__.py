"""Step 2: containerize applications."""
