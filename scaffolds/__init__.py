"""Templates that generate the missing piece."""
