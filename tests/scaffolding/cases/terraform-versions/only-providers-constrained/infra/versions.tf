# see main.tf
