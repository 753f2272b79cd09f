#!/usr/bin/env bash
set -e
for bundle in shop orders; do
  pushd "$bundle"
  fleet apply -o - check > "../rendered/$bundle.yaml"
  popd
done
diff -r rendered expected
