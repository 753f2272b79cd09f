"""Secrets of every shape are taken out of what is shown; what only looks like one stays readable.

The secrets here are made up from the shapes their issuers document. They are put together from pieces so that no
scanner takes this file for a leak.
"""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.redaction import MARK, printable, redact, scrub, without_credentials

MIXED = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5kL7nP9rS1uV3xY5"
HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
UPPER = "Z7QXM2KD4RTB9WCN"

TOKENS = [
    "AKIA" + UPPER, "ASIA" + UPPER, *(f"gh{kind}_" + MIXED[:36] for kind in "pousr"), "github_pat_" + MIXED[:22] + "_" + MIXED,
    "glpat-" + MIXED[:20], "gldt-" + MIXED[:20], "glrt-" + MIXED[:20], "GR1348941" + MIXED[:20], "xoxb-" + "123456789012-" + MIXED[:24],
    "xapp-1-" + UPPER, "sk_live_" + MIXED[:24], "rk_test_" + MIXED[:24], "whsec_" + MIXED[:32], "AIza" + MIXED[:35], "ya29." + MIXED[:40],
    "GOCSPX-" + MIXED[:28], "SG." + MIXED[:22] + "." + MIXED[:43], "SK" + HEX, "npm_" + MIXED[:36], "pypi-AgEIcHlwaS5vcmc" + MIXED,
    "dckr_pat_" + MIXED[:27], "dop_v1_" + HEX * 2, "dapi" + HEX, "hvs." + MIXED[:24], MIXED[:14] + ".atlasv1." + MIXED * 2,
    "ATATT3x" + MIXED * 2, "sk-" + MIXED[:48], "sk-proj-" + MIXED[:48], "sk-ant-" + "api03-" + MIXED, "shpat_" + HEX, "NRAK-" + UPPER * 2,
    "glsa_" + MIXED[:32] + "_" + HEX[:8], "PMAK-" + HEX, "dp.st.prd." + MIXED[:40], "pul-" + HEX + HEX[:8], "lin_api_" + MIXED[:40],
    "1234567890:AA" + MIXED[:33], "AGE-SECRET-KEY-1" + UPPER * 3, "eyJhbGciOiJI" + MIXED[:8] + ".eyJzdWIiOiIx" + MIXED[:8] + "." + MIXED[:40],
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:8])
@pytest.mark.parametrize("around", ["{}", "run: deploy {} now", '"{}",', "X={}", "https://host.example/{}/x", "- {}"])
def test_a_token_of_a_known_service_is_taken_out_wherever_it_stands(token: str, around: str) -> None:
    assert token[8:] not in redact(around.format(token))


PASSWORD = "hunter2-9x"  # noqa: S105  what is to be hidden


@pytest.mark.parametrize(
    "line",
    [
        'password = "{}"', "password: {}", "PASSWORD={}", 'db_password   = "{}"', "dbPassword: '{}'", "MYSQL_ROOT_PASSWORD: {}", '"password": "{}",',
        '{{"password":"{}"}}', r'{{\"password\": \"{}\"}}', "password := `{}`"[:12] + ' "{}"', "secret_key => '{}'", "aws_secret_access_key = {}",
        "client_secret: {}", "clientSecret: {}", "api_key={}", "apiKey: {}", "API-KEY: {}", "auth_token = {}", "token: {}", "private_key: {}", "passphrase: {}",
        "- name: x  password: {}", "ENV DB_PASSWORD={}", "ENV DB_PASSWORD {}"[:16] + "={}", "export TOKEN={}", "ARG NPM_TOKEN={}", "passwd={}",
        "connection_string = {}", "Authorization: Bearer {}", 'header "Authorization: Basic {}"', "curl -H 'Authorization: token {}' https://x",
        "deploy --password {}", "deploy --password={}", "deploy --db-password '{}'", 'args: ["--token", "{}"]', "deploy --api-key {}", "-password {}",
        "docker login -u me -p {} host", "helm registry login host -p {}", "sshpass -p {} ssh host", "curl -u me:{} https://x", "curl --user me:{} x",
        "git clone https://me:{}@host.example/r", "https://me:{}@host", "postgres://app:{}@db:5432/x", "amqp://:{}@mq", "redis://:{}@cache:6379",
        "//registry.example/:_authToken={}", "_auth = {}", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={}", "pwd: {}", "users[0].password={}",
        "password1: {}", "password: {} # for tests", "helm upgrade --set auth.password={},x=y", "-e POSTGRES_PASSWORD={} postgres", "storage_key: {}",
    ],
)  # fmt: skip
def test_what_a_secret_like_name_or_place_holds_is_taken_out(line: str) -> None:
    text = line.format(PASSWORD + MIXED[:20] if "AccountKey" in line else PASSWORD)
    assert PASSWORD not in redact(text)
    assert MARK in redact(text)


def test_what_stands_around_a_secret_stays() -> None:
    assert redact(f'password = "{PASSWORD}" # rotate') == f'password = "{MARK}" # rotate'
    assert redact(f"password: {PASSWORD} # rotate") == f"password: {MARK} # rotate"
    assert redact("password: correct horse battery") == f"password: {MARK}"
    assert redact(f"{{user: a, password: {PASSWORD}, port: 1}}") == f"{{user: a, password: {MARK}, port: 1}}"
    assert redact(f"ENV PASSWORD={PASSWORD} PORT=1") == f"ENV PASSWORD={MARK} PORT=1"
    assert redact(f"${{PASSWORD:-{PASSWORD}}} x") == f"${{PASSWORD:-{MARK}}} x"
    assert redact(f"f(password={PASSWORD})") == f"f(password={MARK})"
    assert redact(f"https://me:{PASSWORD}@host/path?x=1") == f"https://me:{MARK}@host/path?x=1"
    assert redact(f"Authorization: Bearer {PASSWORD}") == f"Authorization: Bearer {MARK}"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----" + MIXED, "-----BEGIN PRIVATE KEY-----\n" + MIXED, "-----BEGIN OPENSSH PRIVATE KEY-----\n" + MIXED * 3,
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + MIXED, MIXED, "x " + MIXED + "== y", "wJalr" + MIXED[:35], "hooks.slack.com/services/T0/B0/" + MIXED[:24],
        "https://discord.com/api/webhooks/123456/" + MIXED, "https://x.webhook.office.com/webhookb2/" + MIXED, "https://a.blob/x?sv=1&sig=" + MIXED,
        f"https://{MIXED[:36]}@host.example/r.git",
    ],
)  # fmt: skip
def test_keys_random_strings_and_secret_addresses_are_taken_out(text: str) -> None:
    assert MIXED[5:24] not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "password = var.db_password", "password = local.secrets.db", 'password = "${var.db_password}"', "token: ${{ secrets.GITHUB_TOKEN }}",
        "github-token: ${{ github.token }}", "password: {{ .Values.password }}", "PASSWORD=$PASSWORD", "PASSWORD: ${PASSWORD:-}", "token=$(get-token)",
        "token: !Ref Token", "password: '{{resolve:secretsmanager:x}}'", "secret: arn:aws:secretsmanager:eu-west-1:1:secret:x", "password = data.vault_x.y",
        "password = random_password.db.result", "password = aws_secretsmanager_secret_version.x.secret_string", "password: vault:secret/data/x#y",
        "token = file(var.path)", "password: <password>", "password = null", "token: ''", 'password = ""', "secret = true", "password: string",
        "def login(user: str, password: str) -> None:", "connect(password=password)", "token = os.environ['TOKEN']", "token = getpass()",
        "uses: actions/checkout@" + HEX + HEX[:8], "image: nginx@sha256:" + HEX * 2, "FROM alpine:3.20@sha256:" + HEX * 2, "h1:" + MIXED[:43] + "=",
        '"h1:' + MIXED[:43] + '=",', "zh:" + HEX * 2, '"integrity": "sha512-' + MIXED + MIXED[:35] + '=="', "checksum = " + HEX * 2,
        "golang.org/x/net v0.1.0 h1:" + MIXED[:43] + "=", "--hash=sha256:" + HEX * 2, "commit " + HEX + HEX[:8], "secretName: my-secret",
        "secret_name = module.x", "secretKeyRef:", "kind: Secret", "author: Ada Lovelace", "authors = ['Ada']", "monkey: banana", "tokens: 100",
        "key: prod/network/terraform.tfstate", "kms_key_id = var.key", "compass: north", "bypass: always", "secrets: inherit", "keyword: x",
        "clusters/productionEurope1/namespaceTeamA/applications/deployment", "github.com/SomeOrganization/SomeRepository/SomeFolder/AnotherFolder2",
        "https://github.com/owner/repository", "https://host:8443/path", "git@github.com:owner/repository.git", "ssh://git@host.example/r.git",
        "arn:aws:iam::123456789012:role/ThisIsALongRoleNameForTheDeploymentPipeline", "token_url: https://host/oauth/token", "docker login -p $PASSWORD",
        "deploy --password $DB_PASSWORD", "echo $TOKEN | docker login --password-stdin -u me", "curl -u $USER:$TOKEN https://x", "--token-file /x/y",
        "Authorization: Bearer ${TOKEN}", "a basic requirement of authentication", "external-secrets.io/v1", "sealedsecrets.bitnami.com",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "pieces",
    [
        "password", "password=", "://", "://a:", "a@", "-p ", "login ", "curl -u ", "eyJ", "eyJa.", "A", "aB3", "--a-", "-", '"', "\\", " ", "=", ":", "password: a ",
        "://x:y@", "Bearer ", "-----BEGIN ", "_auth", "api_", "token token ", "AKIA", "hooks.slack.com/services/", "'", "\\\"", "login -p", "login  ", "0:AA", "a.b",
    ],
)  # fmt: skip
def test_the_time_is_linear(pieces: str) -> None:
    long = pieces * (200_000 // len(pieces))
    started = time.process_time()
    redact("password" + long[:1000])
    assert time.process_time() - started < 5
    started = time.process_time()
    redact("password " + long)
    assert time.process_time() - started < 15


@given(st.text(alphabet=string.printable + "«»é\u202e", max_size=300))
def test_no_text_breaks_it_and_a_second_pass_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_a_random_string_is_found_and_words_are_not() -> None:
    rng = random.Random(7)  # noqa: S311  repeatable
    letters = string.ascii_letters + string.digits + "+/"
    found = sum(MARK in redact("".join(rng.choices(letters, k=40))) for _ in range(500))
    assert found > 490
    words = ["cluster", "Prod", "europe1", "Service", "app2", "Deployment", "node3", "Group"]
    assert not any(MARK in redact("/".join(rng.choices(words, k=9))) for _ in range(500))


def test_values_are_scrubbed_by_their_form_their_name_and_the_flag_before_them() -> None:
    token = TOKENS[0]
    assert scrub({"image.tag": token, "password": PASSWORD, "n": 1, "list": [token, None, {"apiKey": PASSWORD}]}) == {
        "image.tag": MARK, "password": MARK, "n": 1, "list": [MARK, None, {"apiKey": MARK}],
    }  # fmt: skip
    assert scrub(["deploy", "--token", PASSWORD, "--region", "x"]) == ["deploy", "--token", MARK, "--region", "x"]
    assert scrub(["docker", "login", "-p", PASSWORD]) == ["docker", "login", "-p", MARK]
    kept = {
        "password": "${var.x}",
        "token": "",
        "secretName": "x",
        "path": f"a/{token}",
        "argv": ["mkdir", "-p", "folder", "--password-stdin", "x"],
    }
    assert scrub(kept) == kept


def test_an_address_is_shown_without_its_credentials() -> None:
    assert without_credentials(f"https://me:{PASSWORD}@host/o/r.git?token={PASSWORD}") == "https://host/o/r.git"
    assert without_credentials("git@host:o/r.git") == "git@host:o/r.git"


def test_names_are_shown_on_one_line_and_cannot_move_the_cursor() -> None:
    assert printable("größe 数据.tf") == "größe 数据.tf"
    assert printable("a\nb\r\t\x1b[2J\x00\u202e\udcff\u2028\U000e0001") == r"a\nb\r\t\x1b[2J\x00\u202e\xff\u2028\U000e0001"
    assert printable("\ud800") == r"\ud800"
