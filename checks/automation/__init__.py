"""Step 5: automate everything."""
