#!/bin/sh
if ! ansible-playbook site.yml \
    --check --diff | tee log; then
  exit 1
fi
