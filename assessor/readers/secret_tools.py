"""Reads which tool keeps secrets out of git, or encrypts them in it, and tells using it from having it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.manifests import SecretTool
from assessor.parsing.manifests import Manifest, dig, manifests, text
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

# API group → tool, kinds that use it; another kind of the group (a store, a connection) only prepares it
_OBJECTS: dict[str, tuple[str, frozenset[str]]] = {
    "bitnami.com": ("sealed-secrets", frozenset({"SealedSecret"})),
    "external-secrets.io": (
        "external-secrets",
        frozenset({"ExternalSecret", "ClusterExternalSecret", "PushSecret", "ClusterPushSecret"}),
    ),
    "kubernetes-client.io": ("external-secrets", frozenset({"ExternalSecret"})),
    "secrets-store.csi.x-k8s.io": ("secrets-store-csi", frozenset({"SecretProviderClass"})),
    "secrets.hashicorp.com": (
        "vault",
        frozenset({"VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "HCPVaultSecretsApp"}),
    ),
    "ricoberger.de": ("vault", frozenset({"VaultSecret"})),
    "redhatcop.redhat.io": ("vault", frozenset({"VaultSecret"})),
    "isindir.github.com": ("sops", frozenset({"SopsSecret"})),
    "viaduct.ai": ("sops", frozenset({"ksops"})),
    "onepassword.com": ("1password", frozenset({"OnePasswordItem"})),
    "secrets.infisical.com": ("infisical", frozenset({"InfisicalSecret"})),
    "secrets.doppler.com": ("doppler", frozenset({"DopplerSecret"})),
    "k8s.bitwarden.com": ("bitwarden", frozenset({"BitwardenSecret"})),
    "spv.no": ("akv2k8s", frozenset({"AzureKeyVaultSecret"})),
}
_SIGNS: tuple[tuple[str, re.Pattern[str], str, bool], ...] = (  # text that must be there, pattern, tool, whether it is used
    (
        "vault.hashicorp.com/agent-inject",
        re.compile(r"^[ \t]*[\"']?vault\.hashicorp\.com/agent-inject[\w-]*[\"']?\s*:", re.M),
        "vault",
        True,
    ),
    ("<path:", re.compile(r"<path:[\w./-]{1,300}#[\w.-]+>"), "argocd-vault-plugin", True),
    ("avp.kubernetes.io/path", re.compile(r"avp\.kubernetes\.io/path\s*:"), "argocd-vault-plugin", True),
    ("ref+", re.compile(r"ref\+(?:vault|awssecrets|awsssm|gcpsecrets|azurekeyvault|sops|op|doppler)://"), "vals", True),
    ("hashi", re.compile(r"hashi_vault|hashivault_(?:read|secret)"), "vault", True),
    ("azure/kv", re.compile(r"driver:\s*[\"']?azure/kv\b"), "azure-key-vault-flexvolume", False),
)
_VAULT_TEMPLATE = re.compile(r"\{\{-?\s*with (?:\$\w+\s*:=\s*)?secret\s+\"")
_SOPS_MAC = re.compile(rb"ENC\[AES256_GCM,")


@reader("secret-objects", names=("*.yaml", "*.yml", "*.json"))
def read_secret_objects(source: Source) -> Iterator[SecretTool]:
    """Yield the tools a manifest, playbook or values file uses: objects, annotations, references, SOPS metadata."""
    if _SOPS_MAC.search(source.data) and isinstance(dig(source.yaml, "sops"), Map):
        yield SecretTool(at=source.place(source.yaml.line_of("sops")), tool="sops")
        return
    body = source.text
    for hint, pattern, tool, used in _SIGNS:
        found = pattern.search(body) if hint in body else None  # a plain search is much faster than a pattern's
        if found:
            yield SecretTool(at=source.place(_line(body, found)), tool=tool, used=used)
    if "decryption" in body or any(group in body for group in _OBJECTS):
        yield from _objects(source)


def _line(body: str, found: re.Match[str]) -> int:
    """Return the line of a match, of its text rather than of the white space before it."""
    start = found.end() - len(found[0].lstrip())
    return body.count("\n", 0, start) + 1


def _objects(source: Source) -> Iterator[SecretTool]:
    for found in manifests(source.documents):
        if found.group in _OBJECTS:
            tool, kinds = _OBJECTS[found.group]
            yield SecretTool(at=source.place(_kind_line(found)), tool=tool, used=found.kind in kinds)
        elif found.kind == "Kustomization" and text(dig(found.body, "spec", "decryption", "provider")) == "sops":
            yield SecretTool(at=source.place(found.line_of("spec", "decryption", "provider")), tool="sops")


def _kind_line(found: Manifest) -> int:
    return found.line_of("kind")


@reader("sops-policy", names=(".sops.yaml", ".sops.yml"))
def read_sops_policy(source: Source) -> Iterator[SecretTool]:
    """Yield SOPS as prepared: its rules say what would be encrypted, encrypted files say what is."""
    if isinstance(source.yaml, Map) and "creation_rules" in source.yaml:
        yield SecretTool(at=source.place(source.yaml.line_of("creation_rules")), tool="sops", used=False)


@reader("sops-files", names=("*.env", ".env*", "*.ini", "*.enc", "*.enc.*", "*.sops.*", "*.sops"))
def read_sops_file(source: Source) -> Iterator[SecretTool]:
    """Yield SOPS for an encrypted file that is not YAML or JSON."""
    if not source.name.endswith((".yaml", ".yml", ".json")) and _SOPS_MAC.search(source.data) and b"sops" in source.data:
        yield SecretTool(at=source.place(1), tool="sops")


@reader("vault-templates", names=("*.ctmpl", "*.ctmpl.*", "*.tpl", "*.hcl", "*.hcl.*", "*.tmpl"))
def read_vault_template(source: Source) -> Iterator[SecretTool]:
    """Yield Vault for a template that Vault Agent or consul-template fills with a secret."""
    if found := _VAULT_TEMPLATE.search(source.text):
        yield SecretTool(at=source.place(_line(source.text, found)), tool="vault")


@reader("git-crypt", names=(".gitattributes",))
def read_git_crypt(source: Source) -> Iterator[SecretTool]:
    """Yield git-crypt for files it encrypts on their way into git."""
    if line := source.line_with(re.compile(r"^[^#]*\bfilter=git-crypt\b")):
        yield SecretTool(at=source.place(line), tool="git-crypt")
