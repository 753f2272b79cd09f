"""One module per file format: the bytes of one file to facts."""
