"""Takes secrets out of text before it is shown, stored or cached."""

from __future__ import annotations

import re

MARK = "«redacted»"

_HINT = re.compile(
    r"pass|secret|token|key|credential|auth|private|AKIA|ASIA|ghp_|gho_|ghs_|github_pat_|glpat-|xox|sk_live|eyJ|://[^/\s]*@|-----BEGIN|[A-Za-z0-9+/]{40}",
    re.I,
)
_KNOWN = re.compile(
    r"\b(?:A3T[A-Z0-9]|AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk_live_[A-Za-z0-9]{16,}|\bAIza[A-Za-z0-9_-]{30,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    r"|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]+"
)
_URL = re.compile(r"(?<=://)[^/\s:@\"']+:[^/\s@\"']+(?=@)")
_ASSIGNED = re.compile(
    r"(?P<name>[\w.-]*(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|credential|auth)[\w.-]*[\"']?)"
    r"(?P<eq>\s*(?::=|=>|=|:)\s*)(?P<quote>[\"']?)(?P<value>[^\s\"',;#]{4,})",
    re.I,
)
_REFERENCE = re.compile(
    r"[$%<{!&*]|(?:var|local|data|module|each|random_\w+|aws_\w+|azurerm_\w+|google_\w+|secrets?|env|vars?|inputs|github|op|vault|ref\+\w+|arn|https?|file|true|false|null|none|string|str|read|write)\b[.:/\[(]?",
    re.I,
)
_BLOB = re.compile(
    r"(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{40,}={0,2}(?![A-Za-z0-9+/=])"
)


def redact(text: str) -> str:
    """Return the text with known tokens, credentials in addresses and literal values of secret-like names replaced."""
    if not _HINT.search(text):
        return text
    text = _KNOWN.sub(MARK, text)
    text = _URL.sub(MARK, text)
    text = _ASSIGNED.sub(_hide, text)
    return _BLOB.sub(MARK, text)


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
    value = match["value"]
    if value.startswith(MARK) or _REFERENCE.match(value):
        return match.group()
    return f"{match['name']}{match['eq']}{match['quote']}{MARK}"
