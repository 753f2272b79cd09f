"""Tells a secret's value from what only stands in its place: a template, a reference, a placeholder, nothing.

Precision comes first: calling a placeholder a leak costs a reader's trust. Nothing here keeps or returns a value.
"""

from __future__ import annotations

import base64
import binascii
import re

from .yaml import is_dynamic

MAX_LENGTH = 20_000  # characters looked at
MAX_TOKEN = 500  # characters of the longest value that is one word

_TEMPLATE = re.compile(r"\$\{|\$\(|\{\{|<%|\{%|@@\w|%\(|\A%\w+%\Z|\A\$[A-Za-z_]\w*\Z|\A__\w+__\Z|\A\{\w[\w .-]*\}\Z|\A#\{")
_REFERENCE = re.compile(
    r"\A(?:op://|vault:|ref\+|secretref\+|awssm:|arn:|azkv:|gcp:|keyvault://|env:|file:|/[\w./-]+\Z|projects/[\w-]+/secrets/|"
    r"!vault|!sops|<path:|k8s:|secret:|bw://|doppler://)"
)
_ENCRYPTED = re.compile(r"\AENC\[|\A\$ANSIBLE_VAULT;|\A-----BEGIN AGE ENCRYPTED|\A-----BEGIN PGP MESSAGE|\Aage1[a-z0-9]")
_PLACEHOLDER = re.compile(
    r"change.?(?:me|this|it)|replace|your|\binsert\b|placeholder|to.?be.?(?:set|defined|filled)|fill.?me|fix.?me|\btodo\b|\btbd\b|"
    r"redacted|masked|dummy|fake|example|sample|unused|not.?used|do.?not.?use|not.?a.?real|\bnone\b|\bnull\b|\bnil\b|x{4,}|\*{3,}|"
    r"\.{3}|put.?(?:the|here)|goes.?here|set.?me|secure.?me|overrid",
    re.I,
)
_ANGLE = re.compile(r"<[A-Za-z][^<>\n]{0,80}>")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+\Z")  # MY_TOKEN_VALUE: a name, not a value
_SENSITIVE = re.compile(
    r"pass|pwd|token|secret|key|cred|auth|private|\.pem\Z|\.p12\Z|\.pfx\Z|\.jks\Z|dockerconfig|dockercfg|conn|dsn|salt|licen[cs]e|"
    r"webhook|kubeconfig|session|cookie|seed|mnemonic",
    re.I,
)
_HARMLESS_KEY = re.compile(
    r"(?:user(?:name)?|type|url|name|project|server|host(?:name)?|port|provider|database|db(?:name)?|region|email|insecure|enable\w*|"
    r"endpoint|namespace|bucket|clientid|client[_-]id|tenant\w*|account\w*id|app\w*id|installation\w*id|issuer|realm|domain|scheme|"
    r"\w*[_.-]?(?:user(?:name)?|host|port|url|region|email|database|bucket|endpoint|name|enabled)|"
    r"ca|ca\.crt|tls\.crt|\S*\.crt|\S*\.pub|known_hosts|\S*public\S*|namespace\w*|version|mode|level|interval|id|\S*expir\S*)\Z",
    re.I,
)
_PUBLIC = re.compile(r"\A\s*(?:-----BEGIN (?:CERTIFICATE|PUBLIC KEY|TRUSTED CERTIFICATE|X509 CRL)|ssh-(?:rsa|ed25519) |ecdsa-)")
_NAMED = re.compile(
    r"(?:password|passwd|passphrase|api_?key|access_?key|secret_?key|private_?key|client_?secret|token|credentials?|secret)\Z",
    re.I,
)
_PASSWORD = re.compile(r"(?:password|passwd|passphrase)\Z", re.I)
_KEY_NAME = re.compile(r"[a-z0-9]{1,40}(?:[-_.][a-z0-9]{1,40}){1,9}\Z(?<=password)")
_WORD = re.compile("[a-z0-9]+")
_REAL = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])\S{8,}\Z")
_MIXED = re.compile(r"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/=_.~!@#%^&*-]{16,}\Z")
_SWITCH = re.compile(r"(?:true|false|yes|no|on|off|enabled|disabled)\Z", re.I)  # MYSQL_ALLOW_EMPTY_PASSWORD
_LOGIN = re.compile(r"://[^/\s:@]{1,80}:[^/\s@]{3,80}@")
_INSIDE = re.compile(
    r"(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key)[\w.-]{0,40}[\"']?\s{0,5}[:=]\s{0,5}[\"']?[^\s\"'{$<,]{4}",
    re.I,
)
_HEADING = re.compile(r"secret|password|passwd|token|[a-z]+(?:-[a-z]+){2,}", re.I)


def secret_value(key: str, value: object, *, encoded: bool = False) -> str:
    """Say what an entry of a Secret holds: plain, encrypted, templated, placeholder, empty or harmless.

    `encoded` is for base64 (the `data` of a Secret): what it decodes to is judged.
    """
    if value is None or value == "":
        return "empty"
    if not isinstance(value, str):  # a number or truth value, which only a plain password of digits would be
        return "plain" if isinstance(value, int | float) and value is not True and _PASSWORD.search(key[-253:]) else "harmless"
    text = value[:MAX_LENGTH].strip()
    decoded = (_decoded(text) or "").strip()
    if kind := _stand_in(text) or ("placeholder" if _stand_in(decoded) == "placeholder" else ""):
        return kind
    text = decoded if encoded and decoded else text
    if not text:
        return "empty"
    if _LOGIN.search(text):
        return "plain"
    if _PUBLIC.match(text) or _HARMLESS_KEY.match(key[:253]):
        return "harmless"
    sensitive = _SENSITIVE.search(key[:253]) or _MIXED.match(text) or _INSIDE.search(text)
    return "plain" if sensitive else "harmless"


def literal_secret(name: str, value: object) -> str:
    """Say what a variable or chart value of this name holds: "plain", "demo" (a word nobody keeps secret) or ""."""
    if not isinstance(value, str) or not _NAMED.search(name[-253:]) or len(value) < 3:
        return ""
    text = value[:MAX_LENGTH].strip()
    if not text or _stand_in(text) or "://" in text or text.isdigit() or _SWITCH.match(text):
        return ""
    if "PRIVATE KEY-----" in text:
        return "plain"
    if len(text) > MAX_TOKEN:
        return ""
    if _REAL.match(text) and not _HEADING.search(text):
        return "plain"
    demo = _PASSWORD.search(name[-253:]) and " " not in text and "secret" not in text.lower() and not _is_a_name(name, text)
    return "demo" if demo else ""


def _is_a_name(variable: str, text: str) -> bool:
    """Say whether a value names a password that is kept elsewhere: as its variable does, or in several words."""
    if not _KEY_NAME.match(text):
        return False
    words = _WORD.findall(text)
    return len(words) > 2 or words == _WORD.findall(variable[-253:].lower())


def _stand_in(text: str) -> str:
    """Say what stands in the place of a value: encrypted, templated, placeholder; "" for a value."""
    if _ENCRYPTED.match(text):
        return "encrypted"
    if is_dynamic(text) or _TEMPLATE.search(text) or _REFERENCE.match(text):
        return "templated" if is_dynamic(text) else "placeholder"
    if "PRIVATE KEY-----" in text:
        return "placeholder" if len(text) < 200 else ""
    if _CONSTANT.match(text) or (_ANGLE.search(text) and not text.startswith("<?")):
        return "placeholder"
    return "placeholder" if len(text) <= 200 and _PLACEHOLDER.search(text) else ""


def _decoded(text: str) -> str | None:
    """Return what base64 text decodes to, as far as it is text; None when it is not base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
