module gitlab.com/acme/gateway

go 1.24
