#!/usr/bin/env bash
# Downloads what validate-manifests.sh needs into the folder given, each in the version and with the content named here.
set -euo pipefail

folder=${1:?folder to install into}
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # address, SHA-256, name
  curl --fail --silent --show-error --location --retry 3 --output "$work/$3" "$1"
  echo "$2  $work/$3" | sha256sum --check --quiet
}

fetch https://get.helm.sh/helm-v4.2.0-linux-amd64.tar.gz \
  97dbeb971be4ac4b27e3839976d9564c0fb35c6f3b1da89dd1e292d236af4096 helm.tar.gz
tar --extract --gzip --file "$work/helm.tar.gz" --directory "$folder" --strip-components=1 linux-amd64/helm

fetch https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv5.7.1/kustomize_v5.7.1_linux_amd64.tar.gz \
  ea375e7372f9aa029129d4b2d16c66b7750b7f1213c4f66f910d981c895818d8 kustomize.tar.gz
tar --extract --gzip --file "$work/kustomize.tar.gz" --directory "$folder" kustomize

fetch https://github.com/yannh/kubeconform/releases/download/v0.7.0/kubeconform-linux-amd64.tar.gz \
  c31518ddd122663b3f3aa874cfe8178cb0988de944f29c74a0b9260920d115d3 kubeconform.tar.gz
tar --extract --gzip --file "$work/kubeconform.tar.gz" --directory "$folder" kubeconform

fetch https://github.com/stackrox/kube-linter/releases/download/v0.8.3/kube-linter-linux \
  618d299a3e2839c8ca9d86fce0db617be0fba41f0fecbbbfb7fbf1c04299fae1 kube-linter
install --mode=755 "$work/kube-linter" "$folder/kube-linter"
