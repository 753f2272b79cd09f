module github.com/acme-example/catalog

go 1.24
