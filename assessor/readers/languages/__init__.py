"""Language manifests, one module per ecosystem."""
