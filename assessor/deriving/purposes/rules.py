"""The mechanism of recognition: a rule says for what call or shared step it holds, and what it then means.

`command` and `step` write a rule in one line: a form such as ``"docker|podman push, docker buildx build"`` (programs,
then sub-commands, alternatives with ``|``, several forms with a comma) or patterns of names, the purpose, and
predicates. Rules never exclude one another: a build that pushes is both.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from assessor.facts.pipelines import Purpose

from .calls import Call


class Aside(enum.StrEnum):
    """What is no purpose in itself but changes what others mean."""

    CLUSTER = "cluster"  # makes a cluster that is thrown away
    CHANGES = "changes"  # tells whether there are changes
    EDIT_IMAGE = "edit-image"  # writes an image version into a file
    GIT_PUSH = "git-push"
    FORMAT = "format"  # rewrites infrastructure code in its format
    GIT_DIFF = "git-diff"  # fails where the steps before changed a file


When = Callable[[Call], bool]
Gate = Callable[[Call], bool | None]
Texts = Callable[[Call], Iterable[str]]
Inputs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule found. `blocking` is None when it cannot be told whether findings stop the pipeline."""

    purpose: Purpose | Aside
    tool: str
    blocking: bool | None = True
    subject: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandRule:
    """A rule about commands whose first words are `words` ("" matches any)."""

    words: tuple[str, ...]
    purpose: Purpose | Aside
    tool: str
    when: When
    gate: Gate
    subject: Texts
    tags: Texts

    def match(self, call: Call) -> Match | None:
        """Return what the rule says of a call, None if it does not hold."""
        if call.words[: len(self.words)] != self.words or not self.when(call):
            return None
        subject = next(iter(self.subject(call)), "")
        return Match(self.purpose, self.tool or call.program, self.gate(call), subject, tuple(self.tags(call)))


@dataclass(frozen=True, slots=True)
class StepRule:
    """A rule about shared actions, tasks, orbs, pipes, plug-ins, hooks and templates, by name."""

    pattern: re.Pattern[str]
    purpose: Purpose | Aside
    tool: str
    when: Callable[[Inputs], bool]
    gate: Callable[[Inputs], bool | None]
    subject: tuple[str, ...]
    tags: tuple[str, ...]

    def match(self, name: str, inputs: Inputs) -> Match | None:
        """Return what the rule says of a step, None if it does not hold."""
        if not self.pattern.fullmatch(name) or not self.when(inputs):
            return None
        subject = next((inputs[key] for key in self.subject if inputs.get(key)), "")
        tags = tuple(tag for key in self.tags for tag in re.split(r"[\n,]+\s*", inputs.get(key, "")) if tag)
        return Match(self.purpose, self.tool or name.partition(":")[2] or name, self.gate(inputs), subject, tags)


def command(
    forms: str,
    purpose: Purpose | Aside,
    *,
    tool: str = "",
    when: When = lambda call: True,
    gate: Gate = lambda call: True,
    subject: Texts = lambda call: (),
    tags: Texts = lambda call: (),
) -> Iterator[tuple[str, CommandRule]]:
    """Yield a rule for each program and sub-command of the forms."""
    for form in forms.split(","):
        programs, *rest = form.split()
        for program in programs.split("|"):
            for words in product(*(word.split("|") for word in rest)):
                yield program, CommandRule(words, purpose, tool, when, gate, subject, tags)


def step(
    names: str,
    purpose: Purpose | Aside,
    *,
    tool: str = "",
    when: Callable[[Inputs], bool] = lambda inputs: True,
    gate: Callable[[Inputs], bool | None] = lambda inputs: True,
    subject: str = "",
    tags: str = "",
) -> StepRule:
    """Return a rule for shared steps named so; names are separated by spaces, ``*`` stands for anything."""
    pattern = "|".join(re.escape(name).replace(r"\*", ".*") for name in names.split())
    return StepRule(re.compile(pattern, re.S), purpose, tool, when, gate, tuple(subject.split()), tuple(tags.split()))


def table(*rules: Iterable[tuple[str, CommandRule]]) -> dict[str, tuple[CommandRule, ...]]:
    """Return command rules by program."""
    found: dict[str, list[CommandRule]] = {}
    for group in rules:
        for program, rule in group:
            found.setdefault(program, []).append(rule)
    return {program: tuple(known) for program, known in found.items()}


# -- predicates ----------------------------------------------------------------------------------------------------


def has(*options: str) -> When:
    """Hold for calls with one of the options, not switched off."""
    return lambda call: call.has(*options)


def lacks(*options: str) -> When:
    """Hold for calls without any of the options."""
    return lambda call: not call.has(*options)


def says(pattern: str) -> When:
    """Hold for calls whose text has the pattern."""
    compiled = re.compile(pattern)
    return lambda call: bool(compiled.search(call.text))


def both(*predicates: When) -> When:
    """Hold when all do."""
    return lambda call: all(predicate(call) for predicate in predicates)


def option(*names: str) -> Texts:
    """The values of an option."""
    return lambda call: call.values(*names)


def word(index: int) -> Texts:
    """The word at an index, counted from the first sub-command; -1 is the last."""
    return lambda call: call.words[index:][:1]


def exits(*names: str) -> Gate:
    """Hold when an option asks for an exit code other than 0; scanners that need it report only otherwise."""
    return lambda call: call.value(*names) not in ("", "0")


def truthy(value: str) -> bool:
    """Say whether an input is on, or an expression that may be."""
    return value.strip().lower() not in ("", "false", "no", "0", "off", "none")


def on(*names: str) -> Callable[[Inputs], bool]:
    """Hold when one of the inputs is on or an expression."""
    return lambda inputs: any(truthy(inputs.get(name, "")) for name in names)


def unless_off(*names: str) -> Callable[[Inputs], bool]:
    """Hold unless one of the inputs is switched off."""
    return lambda inputs: all(truthy(inputs.get(name, "true")) for name in names)


def is_(name: str, pattern: str, default: str = "") -> Callable[[Inputs], bool]:
    """Hold when an input, or its default, matches the pattern as a whole, ignoring case."""
    compiled = re.compile(pattern, re.I | re.S)
    return lambda inputs: bool(compiled.fullmatch(inputs.get(name) or default))


def mentions(name: str, *words: str) -> Callable[[Inputs], bool]:
    """Hold when an input contains one of the words, ignoring case."""
    return lambda inputs: any(word in inputs.get(name, "").lower() for word in words)


def untold(_: object) -> None:
    """Say that it cannot be told whether findings stop the pipeline: it is set where the scanner is managed."""


def nonzero(name: str) -> Callable[[Inputs], bool | None]:
    """Hold when an input gives an exit code other than 0; an expression cannot be told."""

    def gate(inputs: Inputs) -> bool | None:
        value = inputs.get(name, "")
        return None if "${" in value or "$(" in value else value.strip() not in ("", "0", "false")

    return gate


@cache
def tag_of(image: str) -> str:
    """Return the tag or digest of an image reference, "" without one."""
    last = image.rpartition("/")[2]
    return last.partition("@")[2] or last.partition(":")[2]
