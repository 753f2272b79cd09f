docker push ghcr.io/example/fixture:1
