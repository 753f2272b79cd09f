"""Finds a value for every question of a piece: from options, an answers file, earlier answers, evidence, a person, the default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assessor.errors import UsageError
from assessor.parsing import yaml

from .planning import Piece
from .template import Question

_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    "name": (re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z"), "lower-case letters, digits and dashes"),
    "port": (re.compile(r"[1-9][0-9]{0,4}\Z"), "a port number"),
    "version": (re.compile(r"v?[0-9]+(\.[0-9]+)*([.+-][0-9A-Za-z.+-]+)?\Z"), "a version such as 1.2"),
    "path": (re.compile(r"(?!/)(?!.*(^|/)\.\.(/|\Z))[\w@./ +-]+\Z"), "a path inside the repository"),
    "image": (re.compile(r"[\w.-]+(:[0-9]+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?\Z"), "an image name"),
    "url": (re.compile(r"(https://|ssh://|git@|oci://)[^\s\"'\\]+\Z"), "an address such as https://example.org/acme/app.git"),
    "text": (re.compile(r"[^\x00-\x1f\"\\`$]*\Z"), "a line of text without quotes, backslashes or dollar signs"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A value and where it comes from."""

    value: str
    origin: str


Ask = Callable[[str, Question, str], str]


@dataclass(frozen=True, slots=True)
class Given:
    """Values a person gave: `options` (--set), and those of an answers file, general or per piece (key → answers)."""

    options: Mapping[str, str]
    general: Mapping[str, str]
    pieces: Mapping[str, Mapping[str, str]]
    file: str = ""


def answer(piece: Piece, given: Given, stored: Mapping[str, str], ask: Ask | None) -> dict[str, Answer]:
    """Return an answer for each question; raises `UsageError` for a value of the wrong shape, naming where it came from."""
    answers: dict[str, Answer] = {}
    for name, default in piece.template.defaults.items():
        question = piece.template.answers.get(name, Question())
        found = _found(piece, name, question, given, stored)
        if found is None:
            found = Answer(str(default), "default")
            if question.ask and ask is not None:
                found = Answer(ask(question.ask, question, str(default)), "you")
        if problem := mistake(question, found.value):
            raise UsageError(
                f"{piece.template.id}: {name}: {problem} (from {found.origin})", f"Give another value with --set {name}=…."
            )
        answers[name] = found
    return answers


def _found(piece: Piece, name: str, question: Question, given: Given, stored: Mapping[str, str]) -> Answer | None:
    if name in given.options:
        return Answer(given.options[name], "the option --set")
    for values in (given.pieces.get(piece.key, {}), given.general):
        if name in values:
            return Answer(values[name], given.file)
    if name in stored:
        return Answer(stored[name], "an earlier run")
    for source in question.from_:
        known = piece.known.get(source)
        if known and not mistake(question, known.value):
            return Answer(known.value, known.origin)
    return None


def mistake(question: Question, value: str) -> str:
    """Say what is wrong with a value, "" if nothing."""
    if question.kind == "choice":
        near = difflib.get_close_matches(value, question.choices, 1)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        return "" if value in question.choices else f"{value!r} is none of {', '.join(question.choices)}{guess}"
    shape, words = _SHAPES[question.kind]
    if question.kind == "port" and shape.match(value) and int(value) > 65535:
        return f"{value!r} is not {words}"
    return "" if shape.match(value) and len(value) <= 300 else f"{value[:80]!r} is not {words}"


def parse_options(options: list[str], known: set[str]) -> dict[str, str]:
    """Read ``key=value`` options; an unknown key is an error that suggests the nearest."""
    found = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise UsageError(f"--set {option!r} is not key=value", "Write e.g. --set port=8080.")
        _check_key(key, known, f"--set {option}")
        found[key] = value
    return found


def load_answers(file: Path, known: set[str]) -> Given:
    """Read an answers file: answers for all pieces, and under ``pieces`` those of single ones by key."""
    try:
        stream = yaml.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}", "Name a YAML file of answers.") from error
    value = stream.documents[0].value if stream.documents and not stream.error else None
    if not isinstance(value, yaml.Map):
        raise UsageError(
            f"{file}:{stream.error.line if stream.error else 1}: {stream.error or 'not a mapping of answers'}",
            "Write key: value lines.",
        )
    general: dict[str, str] = {}
    pieces: dict[str, dict[str, str]] = {}
    for key, item in value.items():
        if key == "pieces" and isinstance(item, yaml.Map):
            for piece, answers in item.items():
                if not isinstance(answers, yaml.Map):
                    raise UsageError(
                        f"{file}:{item.lines[piece]}: the answers of {piece!r} are not a mapping",
                        "Write key: value lines below it.",
                    )
                pieces[piece] = {k: _text(file, answers, k, known) for k in answers}
        else:
            general[key] = _text(file, value, key, known)
    return Given({}, general, pieces, str(file))


def _text(file: Path, answers: yaml.Map, key: str, known: set[str]) -> str:
    _check_key(key, known, f"{file}:{answers.lines[key]}")
    value: Any = answers[key]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float):
        raise UsageError(
            f"{file}:{answers.lines[key]}: {key} must be a single value, not {type(value).__name__}",
            "Write it as text or a number.",
        )
    return str(value)


def _check_key(key: str, known: set[str], where: str) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, sorted(known), 1)
        raise UsageError(
            f"{where}: no template asks for {key!r}",
            f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}.",
        )
