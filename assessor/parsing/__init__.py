"""Bytes to syntax with line numbers; error tolerant, no input or output."""
