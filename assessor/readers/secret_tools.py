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
_GROUP = re.compile("|".join(re.escape(group) for group in _OBJECTS))
_AGENT = re.compile(r"^[ \t]*[\"']?vault\.hashicorp\.com/agent-inject[\w-]*[\"']?\s*:", re.M)
_AVP = re.compile(r"<path:[\w./-]+#[\w.-]+>|avp\.kubernetes\.io/path\s*:")
_VALS = re.compile(r"ref\+(?:vault|awssecrets|awsssm|gcpsecrets|azurekeyvault|sops|op|doppler)://")
_FLEX = re.compile(r"driver:\s*[\"']?azure/kv\b")
_VAULT_TEMPLATE = re.compile(r"\{\{-?\s*with (?:\$\w+\s*:=\s*)?secret\s+\"")
_ANSIBLE_VAULT = re.compile(r"hashi_vault|hashivault_(?:read|secret)|community\.hashi_vault", re.I)
_SOPS_MAC = re.compile(rb"ENC\[AES256_GCM,")


@reader("secret-objects", names=("*.yaml", "*.yml", "*.json"))
def read_secret_objects(source: Source) -> Iterator[SecretTool]:
    """Yield the tools a manifest, playbook or values file uses: objects, annotations, references, SOPS metadata."""
    if _SOPS_MAC.search(source.data) and isinstance(dig(source.yaml, "sops"), Map):
        yield SecretTool(at=source.place(source.yaml.line_of("sops")), tool="sops")
        return
    body = source.text
    for pattern, tool, used in (
        (_AGENT, "vault", True),
        (_AVP, "argocd-vault-plugin", True),
        (_VALS, "vals", True),
        (_ANSIBLE_VAULT, "vault", True),
        (_FLEX, "azure-key-vault-flexvolume", False),
    ):
        if found := pattern.search(body):
            yield SecretTool(at=source.place(_line(body, found)), tool=tool, used=used)
    if _GROUP.search(body) or "decryption" in body:
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
