#!/bin/bash
for example in $PWD/examples/*; do
  cd $example
  terraform init
  terraform plan -out tfplan > /dev/null
done
