"""Takes secrets out of text before it is shown, stored or cached, and makes hostile names safe to show.

Three signs give a secret away: its own form (tokens of known services, private keys, long random strings), a place
where only a secret can stand (the password of an address, the argument of ``--password``), and the name it is assigned
to. References (``var.token``, ``${{ secrets.TOKEN }}``), digests and checksums are left alone. Every expression is
linear in the text, or looks at a bounded part of it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

MARK = "«redacted»"

_WORDS = (
    r"(?:passwor[dt]|passwd|passphrase|(?<![a-z])pass|(?<![a-z])pwd|secret|token|credentials?|authorization|(?<![a-z])_auth"
    r"|connection[_-]?string|(?:api|access|account|private|secret|shared|signing|encryption|master|service|auth|storage)[_-]?key)"
)

# Tokens that tell by their beginning what they are, as their issuers document them.
_KNOWN = re.compile(
    r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"
    r"|\bgh[oprsu]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{20,}|\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w.-]{16,}|\bGR1348941[\w-]{16,}"
    r"|\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}|\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/]{16,}"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bSK[0-9a-f]{32}\b|\bAC[0-9a-f]{32}\b"
    r"|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{40,}|\brubygems_[0-9a-f]{40,}|\bdckr_(?:pat|oat)_[\w-]{20,}|\bdo[por]_v1_[0-9a-f]{40,}"
    r"|\bdapi[0-9a-f]{32}|\bhv[bsr]\.[\w-]{20,}|\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}|\bATATT3x[\w=-]{40,}|\bATCTT3x[\w=-]{40,}"
    r"|\bsk-(?:ant-|proj-|svcacct-)?[\w-]{24,}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bNRAK-[A-Z0-9]{20,}|\bgl(?:sa|c)_[\w+/=]{20,}"
    r"|\bPMAK-[\w-]{30,}|\bdp\.(?:st|pt|ct|sa)\.[\w.-]{20,}|\bpul-[0-9a-f]{40}|\blin_api_\w{20,}|\b\d{8,10}:AA[\w-]{32,}"
    r"|\bAGE-SECRET-KEY-1[A-Z0-9]{20,}|\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?|-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----.*"
    r"|(?<=hooks\.slack\.com/services/)[\w/]+|(?<=hooks\.slack\.com/workflows/)[\w/]+|(?<=/api/webhooks/)\d+/[\w-]+"
    r"|(?<=webhook\.office\.com/)[\w@/-]{20,}|(?<=[?&]sig=)[\w%+/=-]{16,}|(?<=AccountKey=)[\w+/=]{20,}",
    re.S,
)
_URL = re.compile(
    r"(?<=://)(?P<user>[^/\s:@\"'<>]{0,200}):(?P<password>[^/\s@\"'<>]{1,200})@|(?<=://)(?P<token>[\w.~%+-]{16,200})@"
)
_ASSIGNED = re.compile(
    rf"(?P<name>{_WORDS}\d{{0,3}}[\\\"'\])]{{0,3}})(?P<equals>\s{{0,40}}(?:(?P<colon>:(?![=/:+?-]))|:[=-]|=>|={{1,2}})\s{{0,40}})"
    r"(?P<value>\\?\"[^\"]*|\\?'[^']*|(?:Bearer|Basic|Token)\s+[^\s\"',;]+|(?(colon)[^\s\"',;{}\[\]]+(?:\ +(?!\#)[^\s\"',;:={}\[\]]+(?![^\s,;}\]]))*|[^\s\"',;]+))",
    re.I,
)
_ARGUMENT = re.compile(
    rf"(?P<name>(?<![\w-])--?(?:[a-z0-9]{{1,20}}[-_.]){{0,5}}{_WORDS}(?:\s{{1,20}}|[\"'],\s{{0,20}}))(?P<value>\"[^\"]*|'[^']*|[^\s\"',;\-][^\s\"',;]*)",
    re.I,
)
_LOGIN = re.compile(
    r"(?P<name>(?<!\w)(?:login|sshpass|mysql\w*)\b[^|;&\n]{0,200}?\s-p\s{0,9}|\bcurl\b[^|;&\n]{0,200}?\s(?:-u|--user)\s{0,9}[\"']?[^\s:\"']{1,100}:)"
    r"(?P<value>\"[^\"]*|'[^']*|[^\s\"',;]+)"
)
_BEARER = re.compile(r"(?P<name>\b(?:Bearer|Basic)\s{1,9})(?P<value>[\w+/.~=-]{8,})")
_HEADER = re.compile(r"(?:Bearer|Basic|Token)\s+", re.I)
_BLOB = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{40,}={0,2}(?![A-Za-z0-9_-])")
_CHECKSUM = re.compile(r"(?:\b(?:h1|zh|sha\d{1,3}|md5|blake2b)[:-]|\b(?:integrity|checksum|digest)\W{1,4})\Z", re.I)

_REFERENCE = re.compile(
    r"[$%<{!&*\[(«@`]|\.\.|tpl-|(?:var|local|data|module|each|self|secrets?|env|vars?|inputs?|github|gitlab|needs|steps|params|parameters"
    r"|config|settings|values|process\.env|os\.environ|(?:random|aws|azurerm|google|tls|vault|kubernetes|time|null)_\w+)[.\[]"
    r"|(?:op|vault|ssm|https?|file|s3|gs|arn|awssm|azurekeyvault|gcpsecrets|sops|keyvault|ref\+\w+|secretsmanager|resolve):"
    r"|[\w.]+\(|(?:true|false|null|nil|none|string|str|any|bool|number|int|read|write|inherit|required|optional|yes|no|on|off|x{3,}|\*+)(?=\Z|[)\]},])",
    re.I,
)
# What every expression above needs, in lower case. Looking for plain strings one by one is many times faster than for one
# expression of all, and nearly every text has none.
_HINTS = (
    "pass", "pwd", "secret", "token", "key", "auth", "cred", "connection", "bearer", "basic", "login", "curl", "-----begin", "gho_", "ghp_",
    "ghr_", "ghs_", "ghu_", "_pat_", "a3t", "akia", "abia", "asia", "acca", "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-",
    "glagent-", "glsoat-", "glsa_", "glc_", "gr1348941", "xox", "xapp", "_live_", "_test_", "whsec", "aiza", "ya29", "gocspx", "sg.", "npm_", "pypi-",
    "rubygems_", "_oat_", "_v1_", "dapi", "hvs.", "hvb.", "hvr.", "atlasv1", "atatt", "atctt", "sk-", "shpat", "shpca", "shppa", "shpss", "nrak",
    "pmak", "dp.", "pul-", "lin_", ":aa", "eyj", "hooks", "sig=",
)  # fmt: skip
_HINT = re.compile(r"[A-Za-z0-9+/]{40}|SK[0-9a-f]{32}|AC[0-9a-f]{32}")


def may_hold_secrets(text: str) -> bool:
    """Say quickly whether a text has anything in it that `redact` or `scrub` would look at."""
    lower = text.lower()
    for hint in _HINTS:
        if hint in lower:
            return True
    return ("@" in text and "://" in text) or bool(_HINT.search(text))


def redact(text: str) -> str:
    """Return the text with known tokens, credentials in addresses and commands, and values of secret-like names replaced."""
    if not may_hold_secrets(text):
        return text
    text = _KNOWN.sub(MARK, text)
    text = _URL.sub(_hide_in_address, text)
    for pattern in (_ASSIGNED, _ARGUMENT, _LOGIN, _BEARER):
        text = pattern.sub(_hide, text)
    return _BLOB.sub(_hide_blob, text)


def scrub(value: Any) -> Any:
    """Return a value of dicts, lists and scalars with the secrets in it replaced, as `redact` does for a text.

    The name a text is kept under, and in a list of arguments the flag before it, tell as much as its form.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: item if key in _PLACES else _named(key, scrub(item)) for key, item in value.items()}
    if isinstance(value, list):
        items = [scrub(item) for item in value]
        return [*items[:1], *(_argument(before, item, "login" in items) for before, item in pairwise(items))]
    return value


_PLACES = frozenset(("fact", "repository", "path", "folder"))  # where something is, never what it is
_NAME = re.compile(rf"{_WORDS}\d{{0,3}}\Z", re.I)


def _argument(flag: Any, value: Any, login: bool) -> Any:
    """Hide the value of a flag that takes a secret."""
    if not isinstance(flag, str) or not flag.startswith("-"):
        return value
    return _named("password" if login and flag == "-p" else flag, value)


def _named(name: Any, value: Any) -> Any:
    """Hide a text kept under a secret-like name."""
    secret = isinstance(name, str) and isinstance(value, str) and value and _NAME.search(name)
    return MARK if secret and MARK not in value and not _REFERENCE.match(value) else value


def without_credentials(url: str) -> str:
    """Return a remote's address without user, password and query."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def printable(text: str) -> str:
    """Return a name with control characters, undecodable bytes and reversed writing shown as escapes.

    What comes from a repository ends up on terminals and in pages: a file's name must not move the cursor or forge a line.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is not UTF-8
        code -= 0xDC00
    if code < 0x100:
        return {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _hide(match: re.Match[str]) -> str:
    before, value = match.group()[: match.start("value") - match.start()], match["value"]
    opening = re.match(r"\\?[\"']|", value)
    quote = opening.group() if opening else ""
    value = value[len(quote) :]
    header = _HEADER.match(value)
    if header:
        quote, value = quote + header.group(), value[header.end() :]
    secret = value.rstrip("\\" if quote else ")]}>\\")  # what closes the quote or call around it stays
    value, rest = secret, value[len(secret) :]
    name = re.sub(r"\W", "", match["name"]).lower()
    if not value or MARK in value or _REFERENCE.match(value) or value.lower() == name:
        return match.group()
    return before + quote + MARK + rest


def _hide_in_address(match: re.Match[str]) -> str:
    secret = match["token"] or match["password"]
    if _REFERENCE.match(secret) or MARK in secret:
        return match.group()
    return f"{MARK}@" if match["token"] else f"{match['user']}:{MARK}@"


def _hide_blob(match: re.Match[str]) -> str:
    """Hide a long string that looks random: many changes between kinds of characters. Paths and words have few."""
    blob = match.group()
    kinds = ["U" if c.isupper() else "l" if c.islower() else "d" if c.isdigit() else "o" for c in blob]
    changes = sum(one != other for one, other in pairwise(kinds))
    random = changes * 3 > len(blob) > blob.count("/") * 10 and all(kinds.count(kind) > 1 for kind in "Uld")
    return MARK if random and not _CHECKSUM.search(match.string[max(0, match.start() - 20) : match.start()]) else blob
