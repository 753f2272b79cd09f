"""Go (and Jinja) templates as the text they would leave: what makes a Helm template readable as YAML.

Nothing is evaluated. An action that prints inside a line becomes a placeholder that keeps the name of what it prints;
control flow vanishes; every line keeps its number. Helm's rules for actions: ``{{`` to ``}}`` with ``-`` eating white
space, strings in double quotes or backquotes, comments as ``{{/* … */}}`` (Go's text/template documentation).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PLACEHOLDER = "tpl-"  # a scalar that holds it stood, wholly or partly, for a template action

_SILENT = re.compile(
    r"(?:if|else|elif|elseif|end|endif|endfor|for|range|with|define|block|break|continue|fail|set)\b|\$\w*(?:\s*,\s*\$\w+)?\s*:?=|/\*"
)
_OPENING = re.compile(r"(?:if|range|with|for)\b")
_ELSE = re.compile(r"(?:else|elif|elseif)\b")
_END = re.compile(r"end(?:if|for)?\b")
_CLOSE = re.compile(r'"(?:\\.|[^"\\\n])*(?:"|$)|`[^`\n]*(?:`|$)|\}\}', re.M)
_JINJA_CLOSE = re.compile(r"%\}")
_VALUE = re.compile(r"\.Values((?:\.\w+)+)")
_PRINTF = re.compile(
    r'printf\s+"(?P<format>(?:%[sdv]|[\w./:@-])+)"(?P<arguments>(?:\s+(?:[.$][\w.]+|\([^()]*\)))+)(?:\s*\|\s*quote)?'
)
_ARGUMENT = re.compile(r"[.$][\w.]+|\([^()]*\)")
_VERB = re.compile("%[sdv]")
_INCLUDED = re.compile(r'(?:include|template|tpl)\s+"([^"\n]{1,120})"')
_PATH = re.compile(r"(?<![\w.)])\$?\.([A-Za-z_][\w.]*)|\$([A-Za-z_]\w*)")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_UNSAFE = re.compile(r"[^\w.-]+")
_BEGINS = re.compile(rf"(?P<indent> *(?:- )*)(?P<key>[\w./-]+:) +{PLACEHOLDER}[\w.-]+ *")
_GOES_ON = re.compile(r" +(?:- |[\w./-]+:(?: |$))")
_MARK = "\ue000"  # stands around an action's number while lines are looked at; a private character no file needs
_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}")


@dataclass(frozen=True, slots=True)
class _Action:
    """One ``{{ … }}``: its inside without dashes, and how many line ends it spans."""

    body: str
    newlines: int


def is_dynamic(value: object) -> bool:
    """Say whether a scalar stood, wholly or partly, for a template action (neutralised or not)."""
    return isinstance(value, str) and (PLACEHOLDER in value or "{{" in value)


def neutralise(text: str, *, first_branch: bool = False) -> str:
    """Replace template actions so that what remains is YAML with the same line numbers.

    An action that is all of its line is control flow or an included block and is removed; one inside a line becomes a
    placeholder scalar (``tpl-Values.image.tag``). Of an ``if … else`` within a line the first branch that says
    something stays; with `first_branch` the ``else`` branches that span lines vanish as well.
    """
    actions: list[_Action] = []
    masked = "".join(_mask(text.replace(_MARK, " "), actions))
    lines = _first_branches(masked, actions) if first_branch else masked.split("\n")
    return "\n".join(_opened([_line(line, actions) if _MARK in line else line for line in lines]))


def placeholder(body: str) -> str:
    """Return the placeholder of an action, named after what it prints; of a ``printf`` the format keeps its place."""
    if found := _PRINTF.fullmatch(body):
        arguments = _ARGUMENT.findall(found["arguments"])
        if len(arguments) == found["format"].count("%"):
            return _VERB.sub(lambda _: placeholder(arguments.pop(0)), found["format"])
    if found := _VALUE.search(body):
        return f"{PLACEHOLDER}Values{found[1]}"
    if found := _INCLUDED.search(body):
        return PLACEHOLDER + _UNSAFE.sub("-", found[1])
    if found := _PATH.search(body):
        return PLACEHOLDER + (found[1] or found[2]).rstrip(".")
    found = _NAME.search(body)
    return PLACEHOLDER + (found[0].rstrip(".") if found else "x")


def _mask(text: str, actions: list[_Action]) -> Iterator[str]:
    """Yield the text with each action replaced by its number between marks, then the line ends it spanned."""
    position = 0
    for start, end in _spans(text):
        body = text[start + 2 : end - 2].strip().strip("-").strip()
        newlines = text.count("\n", start, end)
        yield f"{text[position:start]}{_MARK}{len(actions)}{_MARK}" + "\n" * newlines
        actions.append(_Action(body, newlines))
        position = end
    yield text[position:]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where actions start and end; an action that never ends is left as text. Linear in the text."""
    opening = re.compile(r"\{\{|\{%")
    position = 0
    while found := opening.search(text, position):
        start = found.start()
        end = _end(text, start)
        if end < 0:
            return
        yield start, end
        position = end


def _end(text: str, start: int) -> int:
    """Return where the action that starts at `start` ends, or -1."""
    inside = start + 2
    if text[start:inside] == "{%":
        closed = _JINJA_CLOSE.search(text, inside)
        return closed.end() if closed else -1
    head = text[inside : inside + 8].lstrip("- \t\n")
    if head.startswith("/*"):
        comment = text.find("*/", inside)
        close = text.find("}}", comment) if comment >= 0 else -1
        return close + 2 if close >= 0 else -1
    for token in _CLOSE.finditer(text, inside):
        if token[0] == "}}":
            # "}}}" closes a literal brace first, as in `{ {{ .x }}}`: Go ends at the first pair
            return token.end()
    return -1


def _line(line: str, actions: list[_Action]) -> str:
    """Return one line with its actions resolved; a line of nothing but actions becomes empty."""
    if not _MARKED.sub("", line).strip():
        return ""
    pieces = _MARKED.split(line)
    out = [pieces[0]]
    branches: list[tuple[int, bool]] = []  # of blocks opened in this line: where the output began, and whether it is skipped
    for number, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        body = actions[int(number)].body
        printed = "" if _SILENT.match(body) else placeholder(body)
        if _OPENING.match(body):
            branches.append((len(out), False))
        elif _END.match(body) and branches:
            branches.pop()
        elif _ELSE.match(body) and branches:
            began, skipped = branches[-1]
            branches[-1] = (began, skipped or bool("".join(out[began:]).strip()))
        if not any(skipped for _, skipped in branches):
            out.append(printed + literal)
    return "".join(out)


def _opened(lines: list[str]) -> list[str]:
    """Return the lines without the placeholders of actions that print the beginning of a block which goes on below.

    ``livenessProbe: {{- toYaml .Values.probe | nindent 12 }}`` may be followed by keys of the same block.
    """
    below = ""
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if (found := _BEGINS.fullmatch(line)) and _GOES_ON.match(below):
            deeper = len(below) - len(below.lstrip(" ")) > len(found["indent"])
            lines[index] = found["indent"] + found["key"] if deeper else line
        below = line if line.strip() else below
    return lines


def _first_branches(masked: str, actions: list[_Action]) -> list[str]:
    """Return the lines without those between an ``else`` that stands on its own line and its ``end``."""
    lines = []
    open_blocks: list[bool] = []  # whether the block is in an else branch
    for line in masked.split("\n"):
        for number in _MARKED.findall(line):
            body = actions[int(number)].body
            if _OPENING.match(body) or body.startswith(("define", "block")):
                open_blocks.append(False)
            elif _ELSE.match(body) and open_blocks:
                open_blocks[-1] = True
            elif _END.match(body) and open_blocks:
                open_blocks.pop()
        # the line that ends the branch is all actions in practice, so it may stay whichever way the blocks stand
        lines.append("" if any(open_blocks) else line)
    return lines
