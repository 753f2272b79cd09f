"""Where secrets stand in git is told from what only stands in their place; no value is ever kept."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.facts.infrastructure import HardcodedSecret
from assessor.facts.manifests import SecretManifest, SecretTool
from assessor.parsing.secret_values import literal_secret, secret_value
from assessor.readers.secrets import is_for_trying
from tests.organizations import read


def encoded(text: str) -> str:
    """Return text in base64."""
    return base64.b64encode(text.encode()).decode()


def secrets(text: str, path: str = "app.yaml", reader: str = "kubernetes-secrets") -> list[SecretManifest]:
    """Return the secrets of a file."""
    return [fact for fact in read(reader, path, text) if isinstance(fact, SecretManifest)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("stringData: {username: admin, password: pass}", "plain"),
        (f"data: {{passphrase: {encoded('admin')}}}", "plain"),
        (f"data: {{tls.key: {encoded('-----BEGIN PRIVATE KEY-----' + 'A' * 300)}}}", "plain"),
        ("stringData: {DATABASE: 'postgres://app:s3cr3tpw@db/app'}", "plain"),
        ("stringData: {config.yaml: \"a: 1\\nclient_secret: abcdef123\"}", "plain"),
        ("stringData: {token: 12345678}", "harmless"),
        ("stringData: {password: 12345678}", "plain"),
        ("stringData: {type: git, url: 'https://git/x', name: x}", "harmless"),
        (f"data: {{ca.crt: {encoded('-----BEGIN CERTIFICATE-----')}, runtime: {encoded('node')}}}", "harmless"),
        ("stringData: {password: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: x}", "encrypted"),
        ("data: {password: x}\nsops: {mac: x}", "encrypted"),
        ("stringData: {token: 'op://vault/item/token'}", "placeholder"),
        ("stringData: {token: <your token>}", "placeholder"),
        ("stringData: {token: '${TOKEN}', password: changeme}", "placeholder"),
        (f"data: {{key: {encoded('REPLACE_ME')}}}", "placeholder"),
        ("stringData: {key: API_KEY_VALUE}", "placeholder"),
        ("stringData: {config: '{\"bearerToken\": \"<authentication token>\"}'}", "placeholder"),
        ("stringData: {password: '{{ .Values.password }}'}", "templated"),
        ("stringData: {password: ''}", "empty"),
        ("type: kubernetes.io/service-account-token", "empty"),
        ("", "empty"),
    ],
)  # fmt: skip
def test_what_a_secret_holds_is_told(entries: str, expected: str) -> None:
    (found,) = secrets(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\n{entries}\n")
    assert (found.name, found.values) == ("db", expected)


def test_the_place_is_the_line_of_the_worst_entry_and_shows_no_value() -> None:
    (found,) = secrets("apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  user: a\n  password: hunter2hunter2\n")
    assert found.at.line == 6
    assert "hunter2" not in repr(found)


def test_a_template_that_includes_its_entries_is_templated() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .n }}}\ndata:\n  {{- toYaml .Values.secrets | nindent 2 }}\n"
    assert [s.values for s in secrets(text, "c/templates/s.yaml")] == ["templated"]


def test_literal_variables_of_containers_are_found() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n"
        "        image: a:1\n        env:\n        - name: DB_PASSWORD\n          value: Tr0ub4dor3\n        - {name: API_TOKEN, value: $(OTHER)}\n"
        "        - {name: PASSWORD_FILE, value: /run/secret}\n        - {name: DB_SECRET, valueFrom: {secretKeyRef: {name: x}}}\n"
    )
    (found,) = secrets(text)
    assert (found.name, found.values, found.where, found.at.line) == ("DB_PASSWORD", "plain", "Deployment", 12)


def test_values_of_charts_and_releases_are_searched() -> None:
    text = "auth:\n  password: Tr0ub4dor3\n  existingSecret: a\nadmin: {password: admin}\nroot: {password: ''}\n"
    assert sorted((s.name, s.values, s.at.line) for s in secrets(text, "c/values.yaml", "values-secrets")) == [
        ("password", "demo", 4),
        ("password", "plain", 2),
    ]
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {values: {auth: {apiKey: abc123def456}}}\n"
    assert [(s.name, s.where) for s in secrets(release)] == [("apiKey", "HelmRelease")]
    assert secrets("password: ENC[AES256_GCM,data:x]\nsops: {mac: x}\n", "c/values.yaml", "values-secrets") == []


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ("{SA_PASSWORD: Tr0ub4dor3x}", [("SA_PASSWORD", 3)]),
        ("[ACCEPT_EULA=Y, SA_PASSWORD=Tr0ub4dor3x]", [("SA_PASSWORD", 3)]),
        ("{POSTGRES_PASSWORD: postgres}", []),
        ("{POSTGRES_PASSWORD: '${PASSWORD}'}", []),
        ("[1, {a: b}]", []),
        ("x", []),
    ],
)
def test_compose_files_hold_what_is_more_than_a_word(environment: str, found: list[tuple[str, int]]) -> None:
    facts = read("secrets-in-compose", "docker-compose.yml", f"services:\n  db:\n    environment: {environment}\n")
    assert [(fact.name, fact.at.line) for fact in facts if isinstance(fact, HardcodedSecret)] == found
    assert not any("Tr0ub4dor3x" in fact.at.excerpt for fact in facts)


def test_literals_of_a_secret_generator_are_judged() -> None:
    text = f"secretGenerator:\n- name: a\n  literals:\n  - password=hunter2\n  - token={encoded('changeme')}\n"
    found = secrets(text, "kustomization.yaml", "generated-secrets")
    assert [(s.name, s.values, s.at.line) for s in found] == [("password", "plain", 4), ("token", "placeholder", 5)]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MYSQL_ROOT_PASSWORD", "my-secret-pw", ""),
        ("DB_PASSWORD", "postgres", "demo"),
        ("DB_PASSWORD", "my-password", "demo"),
        ("DB_PASSWORD", "db-password", ""),
        ("SMTP_PASSWORD", "smtp-email-password", ""),
        ("TOKEN_EXPIRY_SECONDS", "3600", ""),
        ("API_TOKEN", "3600", ""),
        ("secretKey", "admin-password", ""),
        ("token", "my-token", ""),
        ("privateKey", "-----BEGIN RSA PRIVATE KEY-----" + "A" * 300, "plain"),
        ("accessKey", "AKIAQWERTYUIOPASDFGH"[:4] + "7QX2BCDEFGHIJKLM", "plain"),
        ("password", "https://x:y@z", ""),
        ("password", None, ""),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "true", ""),
    ],
)
def test_a_literal_counts_only_when_it_looks_like_a_secret(name: str, value: object, expected: str) -> None:
    assert literal_secret(name, value) == expected


def test_values_that_several_names_share_are_one_finding() -> None:
    text = "common: &common {db: {password: postgres}}\na: {<<: *common}\nb: {<<: *common}\n"
    assert [(s.name, s.at.line) for s in secrets(text, "chart/values.yaml", "values-secrets")] == [("password", 1)]


def test_places_for_trying_things_out_are_whole_folders() -> None:
    assert is_for_trying("deploy/demo/secret.yaml")
    assert is_for_trying("k8s/secret.example.yaml")
    assert not is_for_trying("charts/store-demo/values.yaml")


def tools(reader: str, path: str, text: str) -> list[tuple[str, bool, int]]:
    """Return tool, use and line of what a file says."""
    return [(fact.tool, fact.used, fact.at.line) for fact in read(reader, path, text) if isinstance(fact, SecretTool)]


OBJECT = "---\napiVersion: {}\nkind: {}\nmetadata: {{name: a}}\n"


@pytest.mark.parametrize(
    ("api", "kind", "tool", "used"),
    [
        ("bitnami.com/v1alpha1", "SealedSecret", "sealed-secrets", True),
        ("external-secrets.io/v1", "ExternalSecret", "external-secrets", True),
        ("external-secrets.io/v1", "ClusterSecretStore", "external-secrets", False),
        ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "secrets-store-csi", True),
        ("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "vault", True),
        ("secrets.hashicorp.com/v1beta1", "VaultConnection", "vault", False),
    ],
)
def test_objects_of_a_tool_tell_use_from_preparation(api: str, kind: str, tool: str, used: bool) -> None:
    assert tools("secret-objects", "a.yaml", OBJECT.format(api, kind)) == [(tool, used, 3)]


@pytest.mark.parametrize(
    ("reader", "path", "text", "expected"),
    [
        ("secret-objects", "a.yaml", "spec:\n  annotations:\n    vault.hashicorp.com/agent-inject: 'true'\n", ("vault", True, 3)),
        ("secret-objects", "a.yaml", "a: <path:secret/data/db#password>\n", ("argocd-vault-plugin", True, 1)),
        ("secret-objects", "a.yaml", "\na: ref+awssecrets://db#/password\n", ("vals", True, 2)),
        ("secret-objects", "a.yaml", "- x: \"{{ lookup('community.hashi_vault.vault_kv2_get', 'a') }}\"\n", ("vault", True, 1)),
        ("secret-objects", "a.yaml", "flexVolume:\n  driver: \"azure/kv\"\n", ("azure-key-vault-flexvolume", False, 2)),
        ("secret-objects", "a.enc.yaml", "a: ENC[AES256_GCM,data:x]\nsops:\n  mac: x\n", ("sops", True, 2)),
        ("secret-objects", "a.yaml", OBJECT.format("kustomize.toolkit.fluxcd.io/v1", "Kustomization") + "spec: {decryption: {provider: sops}}\n", ("sops", True, 5)),
        ("sops-policy", ".sops.yaml", "creation_rules:\n- age: age1x\n", ("sops", False, 1)),
        ("sops-files", "prod.enc.env", "A=ENC[AES256_GCM,data:x]\nsops_version=3\n", ("sops", True, 1)),
        ("vault-templates", "a.env.ctmpl.j2", "# x\n{% raw %}{{ with secret \"kv/data/a\" -}}\n", ("vault", True, 2)),
        ("git-crypt", ".gitattributes", "# filter=git-crypt\nsecret/** filter=git-crypt diff=git-crypt\n", ("git-crypt", True, 2)),
    ],
)  # fmt: skip
def test_each_sign_of_a_tool_is_seen_on_its_line(reader: str, path: str, text: str, expected: tuple[str, bool, int]) -> None:
    assert tools(reader, path, text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "vault: {enabled: true}\n",
        "- hosts: vault\n",
        "# ENC[AES256_GCM,\nsops: x\n",
        "ignore: [/sops]\n",
        "role: external-secrets\n",
    ],
)
def test_the_mere_word_is_no_sign(text: str) -> None:
    assert tools("secret-objects", "a.yaml", text) == []


@given(st.text(max_size=300), st.text(max_size=30), st.booleans())
def test_no_value_makes_judging_raise(value: str, key: str, coded: bool) -> None:
    assert secret_value(key, value, encoded=coded) in {"plain", "encrypted", "templated", "placeholder", "empty", "harmless"}
    assert literal_secret(key, value) in {"plain", "demo", ""}
