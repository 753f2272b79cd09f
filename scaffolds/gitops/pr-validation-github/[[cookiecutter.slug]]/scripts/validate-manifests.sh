#!/usr/bin/env bash
# Renders what a controller would apply, checks it against the schemas of its kinds, and lints what is our own.
# Needs git, helm, kustomize, kubeconform and kube-linter (install-manifest-tools.sh); run it before you push.
set -euo pipefail

# Schemas of the kinds that Kubernetes itself does not know.
schemas='https://raw.githubusercontent.com/datreeio/CRDs-catalog/e646aa3988e0e8f3616a406bd2eca1f0f26786e0/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json'
rendered=$(mktemp -d)
trap 'rm -rf "$rendered"' EXIT
mkdir "$rendered/own" "$rendered/others" "$rendered/objects"

# Every chart, with its own values and with those of each environment.
git ls-files -- 'Chart.yaml' '*/Chart.yaml' ':!.gitops-assess' | while IFS= read -r file; do
  chart=$(dirname "$file")
  if [ -e "$chart/Chart.lock" ]; then
    helm dependency build "$chart"
  fi
  for values in "$chart"/values.yaml "$chart"/values-*.yaml; do
    if [ -e "$values" ]; then
      echo "chart $chart with $values"
      helm lint --strict --values "$values" "$chart"
      helm template "$(basename "$chart")" "$chart" --values "$values" >"$rendered/own/${values//\//_}"
    fi
  done
done

# Every kustomization but parts of others; what is taken in from elsewhere is not ours to lint.
git ls-files -- 'kustomization.yaml' '*/kustomization.yaml' ':!.gitops-assess' | while IFS= read -r file; do
  if ! grep --quiet '^kind: Component' "$file"; then
    folder=$(dirname "$file")
    whose=own
    if grep --quiet 'https://' "$file"; then
      whose=others
    fi
    echo "kustomization $folder"
    kustomize build "$folder" >"$rendered/$whose/${folder//\//_}.yaml"
  fi
done

# What tells the controller what to apply, as it stands.
git ls-files -- '*.yaml' ':!:*/templates/*' ':!:*kustomization.yaml' ':!.gitops-assess' | while IFS= read -r file; do
  if grep --quiet --extended-regexp '^apiVersion: ([a-z.]*\.fluxcd\.io|argoproj\.io|external-secrets\.io)/' "$file"; then
    cp "$file" "$rendered/objects/${file//\//_}"
  fi
done

# Kinds without a schema at hand are counted as skipped.
kubeconform -strict -summary -ignore-missing-schemas -skip CustomResourceDefinition \
  -schema-location default -schema-location "$schemas" "$rendered"
kube-linter lint "$rendered/own"
