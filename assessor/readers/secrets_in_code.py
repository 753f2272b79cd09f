"""Finds secrets written into infrastructure code and environment files, by patterns of high precision.

Two ways: forms only a real credential has (cloud keys, tokens of known issuers, private keys), and literal values
assigned to names that end in password, token and the like. Placeholders, references, the documented example keys and
names of secrets are not secrets. Values are never kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from assessor.facts.base import Place
from assessor.facts.infrastructure import HardcodedSecret
from assessor.parsing.manifests import mapping
from assessor.parsing.manifests import text as scalar
from assessor.parsing.secret_values import literal_secret
from assessor.parsing.yaml import Map, Seq
from assessor.reading import EXCERPT, Source, reader
from assessor.redaction import MARK, redact

MAX_LINE = 2000
MAX_VARIABLE = 20  # lines of a variable block

_WORDS_OF_SECRETS = r"pass|pwd|secret|token|key|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|sk_live|AIza|hooks\.slack"
_TELLING = re.compile(_WORDS_OF_SECRETS.encode(), re.I)
_TELLING_TEXT = re.compile(_WORDS_OF_SECRETS.lower())
_AWS_KEY = "AWS access key"
# Its identifier alone opens nothing: AWS shows it in logs and policies. What has to be kept is 40 characters beside it.
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+])(?=[a-f0-9]*[A-Zg-z/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_FORMS = (
    (_AWS_KEY, re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}")),
    ("GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("Slack token", re.compile(r"\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{10,}")),
    ("Slack webhook", re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{20,}")),
    ("Stripe key", re.compile(r"\bsk_live_[A-Za-z0-9]{20,}")),
    ("Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
)
_ENDS = r"(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|secret_?key|private_?key|client_?secret|auth_?key)\d{0,2}"
_ASSIGNED = re.compile(
    rf"""(?P<name>{_ENDS})["']?\]?\s{{0,40}}(?:=>|[=:])\s*(?:"(?P<double>[^"\\]{{4,200}})"|'(?P<single>[^']{{4,200}})')""",
    re.I,
)
_REPEATED = re.compile(r"(\w)\1{7}")  # xxxxxxxx: where a value would stand
_WORD_END = re.compile(r"[\w.-]+\Z")
_ENV_ASSIGNED = re.compile(
    rf"""^\s*(?:export\s+)?(?P<name>\w{{0,60}}?{_ENDS})\s*[=:]\s*["']?(?P<value>[^\s"'#]{{4,200}})""", re.I
)
_VARIABLE = re.compile(
    rf"""^\s*variable\s+"(?P<name>[\w-]{{0,60}}?{_ENDS})"|^\s*param\s+(?P<param>\w{{0,60}}?{_ENDS})\s+string\s*=\s*'(?P<value>[^']{{4,200}})'""",
    re.I,
)
_DEFAULT = re.compile(r'^\s*default\s*=\s*"(?P<value>[^"\\]{4,200})"')
_PASSWORD = re.compile(r"(?:password|passwd|passphrase|pwd)\d{0,2}$", re.I)
_PLACEHOLDER = re.compile(
    r"[<>${}\[\]%]|^\W*$|\s|change.?(?:me|it|this)|replace|your|example|sample|placeholder|dummy|fake|redacted|todo|fixme|insert|fill|x{4,}|\*{3,}|\.{3,}|^_+$"
    r"|^(?:test|none|null|true|false|undefined|unset|empty|token|string|value|data|var|local|ref)$|^not[_-]|mock|^op://|^vault:|^ref\+|^arn:|^https?:|^file:|^/|^ENC\[|^AQICA",
    re.I,
)
_DEMO = re.compile(
    r"(?:my|the|super|very|top|secret|secure|password|passwd|passw0rd|p@ssw[o0]rd|pass|admin|administrator|root|user|demo|db|database|postgres|postgresql|mysql|mariadb|redis|mongo|grafana"
    r"|default|guest|rabbitmq|local|dev|letmein|welcome|qwerty|foo|bar|baz|hello|world|[-_])+(?:\d{1,4}|1234567?8?9?0?)?",
    re.I,
)
_WORDS = re.compile(r"[a-z]+(?:[-_./][a-z]+)+|[A-Z]+(?:_[A-Z0-9]+)+|[a-z]+[A-Z][A-Za-z]*")
_RUN = re.compile(r"(?=[A-Za-z0-9+/]*\d)(?=[A-Za-z0-9+/]*[A-Za-z])[A-Za-z0-9+/]{16,}")
_ALLOWED = re.compile(r"pragma:\s*allowlist|gitleaks:\s*allow|nosec\b|trufflehog:ignore", re.I)
_COMMENT = re.compile(r"\s*(?:#|//|\*|--|;)")
_SAMPLE_FILE = re.compile(r"\.(?:example|sample|template|dist|tpl|tmpl|defaults?)(?:\.|$)|(?:example|sample|template)\.", re.I)
_TEST_FILE = re.compile(r"(?:^|\.)env\.(?:test|testing|ci)(?:\.|$)", re.I)  # constants of tests, unless a form says otherwise
_MIN_KEY = 200  # characters between the beginning and the end of a private key on one line

_EXAMPLE = re.compile(r"(?:^|[/._-])(?:examples?|samples?)/|(?:^|/)(?:demos?|tutorials?|playground|quickstarts?)/", re.I)

_CODE = ("*.tf", "*.tofu", "*.tfvars", "*.hcl", "*.tfbackend", "*.bicep", "*.bicepparam")
_COMPOSE = ("docker-compose*", "compose*", "docker-stack*")
_VARIABLES = ("**/group_vars/**", "**/host_vars/**", "group_vars/**", "host_vars/**")


@reader("secrets-in-code", names=(*_CODE, "Pulumi.*.yaml", "*.template"))
def read_code(source: Source) -> Iterator[HardcodedSecret]:
    """Yield the secrets in a file of infrastructure code."""
    yield from _secrets(source, infrastructure=True, assigned=_ASSIGNED)


@reader("secrets-in-inventory", names=_VARIABLES)
def read_inventory(source: Source) -> Iterator[HardcodedSecret]:
    """Yield the secrets among the variables of an Ansible inventory, where values need no quotes."""
    yield from _secrets(source, infrastructure=True, assigned=_ENV_ASSIGNED)


@reader("secrets-in-templates", names=("*.yaml", "*.yml", "*.json"))
def read_template(source: Source) -> Iterator[HardcodedSecret]:
    """Yield the secrets in a CloudFormation or ARM template."""
    data = source.data
    if (b"Resources" in data and b"AWS::" in data) or b"deploymentTemplate.json" in data:
        yield from _secrets(source, infrastructure=True, assigned=_ASSIGNED)


@reader("secrets-in-environment", names=(".env", ".env.*", "*.env"))
def read_environment(source: Source) -> Iterator[HardcodedSecret]:
    """Yield the secrets in an environment file."""
    yield from _secrets(source, infrastructure=False, assigned=_ENV_ASSIGNED)


@reader("secrets-in-compose", names=tuple(f"{stem}{end}" for stem in _COMPOSE for end in (".yml", ".yaml")))
def read_compose(source: Source) -> Iterator[HardcodedSecret]:
    """Yield the secrets among the variables of Compose services; the words that local databases are given are none."""
    for service in mapping(mapping(source.yaml).get("services")).values():
        for name, value, line in _environment(mapping(service).get("environment")):
            if literal_secret(name, value) == "plain":
                place = Place(source.repository, source.path, line, _hidden(source.lines[line - 1], value))
                yield HardcodedSecret(at=place, name=name, infrastructure=False, demo=_is_example(source))


def _environment(value: object) -> Iterator[tuple[str, str, int]]:
    """Yield name, value and line of variables given as a mapping or as a list of ``NAME=value``."""
    if isinstance(value, Map):
        yield from ((name, scalar(item), value.line_of(name)) for name, item in value.items())
    elif isinstance(value, Seq):
        for item, line in zip(value, value.lines, strict=True):
            name, _, given = scalar(item).partition("=")
            yield name, given, line


@reader("private-keys", names=("*.pem", "*.key", "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"))
def read_private_key(source: Source) -> Iterator[HardcodedSecret]:
    """Yield a private key file."""
    if b"PRIVATE KEY-----" in source.data[:65536]:
        for number, line in enumerate(source.lines[:2000], 1):
            if _FORMS[-1][1].search(line[:MAX_LINE]):
                yield HardcodedSecret(at=source.place(number), name="private key", infrastructure=False, demo=_is_example(source))
                return


def _is_example(source: Source) -> bool:
    return bool(_EXAMPLE.search(source.path))


class _Found(NamedTuple):
    """A secret on a line. The value only serves to hide it."""

    name: str
    value: str
    demo: bool = False


def _secrets(source: Source, *, infrastructure: bool, assigned: re.Pattern[str]) -> Iterator[HardcodedSecret]:
    if _SAMPLE_FILE.search(source.name) or b"\x00" in source.data[:8192] or not _TELLING.search(source.data):
        return
    example, testing = _is_example(source), bool(_TEST_FILE.search(source.name))
    for number in _telling_lines(source.text):
        text = source.lines[number - 1][:MAX_LINE]
        found = _form(text)
        if found and found.name == _AWS_KEY and not _AWS_SECRET.search(source.text):
            found = None
        if not found and not testing and not _COMMENT.match(text):
            opened = _VARIABLE.match(text)
            if opened:
                number, text, found = _default(source, number, opened)
            else:
                found = _assignment(text, assigned)
        if found and not (found.demo and example):
            place = Place(source.repository, source.path, number, _hidden(text, found.value))
            yield HardcodedSecret(at=place, name=found.name, infrastructure=infrastructure, demo=found.demo or example)


def _telling_lines(text: str) -> Iterator[int]:
    """Yield the numbers of the lines with a telling word, found in one pass over the text."""
    number, counted, last = 1, 0, 0
    text = text.lower()  # faster than a pattern that ignores case
    for match in _TELLING_TEXT.finditer(text):
        number += text.count("\n", counted, match.start())
        counted = match.start()
        if number != last:
            last = number
            yield number


def _hidden(text: str, value: str) -> str:
    """Return the line without the value, as it may be shown."""
    return redact(text.strip().replace(value, MARK)[:EXCERPT])


def _form(text: str) -> _Found | None:
    """Return the kind of credential a line holds, told by its form alone; documented examples are none."""
    for name, pattern in _FORMS:
        found = pattern.search(text)
        if found and name == "private key" and 0 <= text[found.end() :].find("-----END") < _MIN_KEY:
            continue
        if found and "EXAMPLE" not in found.group() and not _REPEATED.search(found.group()):
            return _Found(name, found.group())
    return None


def _default(source: Source, number: int, opened: re.Match[str]) -> tuple[int, str, _Found | None]:
    """Return the line of a secret variable's default, its text, and the secret it holds."""
    text = source.lines[number - 1][:MAX_LINE]
    if opened["value"]:
        return number, text, _judge(opened["param"], opened["value"])
    for offset, line in enumerate(source.lines[number : number + MAX_VARIABLE], number + 1):
        default = _DEFAULT.match(line[:MAX_LINE])
        if default:
            return offset, line[:MAX_LINE], _judge(opened["name"], default["value"])
        if line.startswith("}"):
            break
    return number, text, None


def _assignment(text: str, assigned: re.Pattern[str]) -> _Found | None:
    if _ALLOWED.search(text):
        return None
    for match in assigned.finditer(text):
        groups = match.groupdict()
        value = groups.get("double") or groups.get("single") or groups.get("value") or ""
        before = _WORD_END.search(text[max(0, match.start("name") - 60) : match.start("name")])
        found = _judge((before.group() if before else "") + match["name"], value)
        if found:
            return found
    return None


def _judge(name: str, value: str) -> _Found | None:
    """Return the secret, or None when the value is none: a placeholder, a reference, another secret's name."""
    if _PLACEHOLDER.search(value) or value.startswith("!"):  # a tag: !vault
        return None
    if not _PASSWORD.search(name):
        return _Found(name, value) if _RUN.search(value) and not _WORDS.fullmatch(value) else None
    if _DEMO.fullmatch(value):
        return _Found(name, value, demo=True)
    return None if _WORDS.fullmatch(value) or len(value) < 6 or value.isdigit() else _Found(name, value)
