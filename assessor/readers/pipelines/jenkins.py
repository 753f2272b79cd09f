"""Jenkins: declarative and scripted pipelines. Groovy is not parsed but lexed: strings, names and braces are enough.

Sources: Jenkins' "Pipeline Syntax" and the Docker Pipeline plug-in's reference. Which branches and pull requests
start a pipeline is set in Jenkins; a condition on change requests shows that they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing import shell
from assessor.reading import Source, reader

from .common import MAX_TEXT, folder_of, from_shell, harmless

MAX_TOKENS = 200_000

_TOKEN = re.compile(
    r"(?P<comment>/\*(?:.*?\*/|.*)|//[^\n]*)"
    r"|(?P<long>'''(?:.*?'''|.*)|\"\"\"(?:.*?\"\"\"|.*))"
    r"|(?P<short>'(?:[^'\\\n]|\\.)*'?|\"(?:[^\"\\\n]|\\.)*\"?)"
    r"|(?P<name>[A-Za-z_@][\w.]*)"
    r"|(?P<mark>[(){},:\[\]])",
    re.S,
)
_SHELL = frozenset({"sh", "bat", "powershell", "pwsh"})
_STRUCTURE = frozenset(
    {
        "pipeline",
        "agent",
        "stages",
        "steps",
        "node",
        "when",
        "environment",
        "options",
        "parameters",
        "post",
        "script",
        "def",
        "if",
    }
) | {
    "else",
    "for",
    "while",
    "return",
    "new",
    "try",
    "catch",
    "echo",
    "any",
    "none",
    "label",
    "import",
    "println",
    "error",
    "tools",
}
_TOLERANT = frozenset({"catchError", "warnError"})
_REQUESTED = re.compile(r"\bchangeRequest\b|CHANGE_ID|CHANGE_TARGET|ghprb|gitlabMergeRequest|githubPullRequest")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@reader("jenkins", names=("Jenkinsfile", "Jenkinsfile.*", "Jenkinsfile-*", "*.jenkinsfile", "*.Jenkinsfile"))
def read_jenkinsfile(source: Source) -> Iterator[Fact]:
    """Yield the pipeline of a Jenkinsfile, a job a stage."""
    if source.name.endswith((".md", ".txt")):
        return
    reading = _Reading(source, list(_tokens(source.text)))
    reading.read()
    triggers = [Trigger(Event.PUSH)]
    if _REQUESTED.search(source.text):
        triggers.append(Trigger(Event.PULL_REQUEST))
    triggers += (Trigger(Event.SCHEDULE, cron=cron) for cron in reading.crons)
    yield Pipeline(
        at=source.place(),
        system="jenkins",
        name=source.path,
        triggers=tuple(dict.fromkeys(triggers)),
        jobs=tuple(
            Job(id=name, at=source.place(line), steps=tuple(steps), image=reading.image)
            for name, line, steps in reading.stages
            if steps
        ),
        unresolved=tuple(sorted(set(reading.libraries))),
    )


def _tokens(text: str) -> Iterator[_Token]:
    line, position = 1, 0
    for number, match in enumerate(_TOKEN.finditer(text)):
        line += text.count("\n", position, match.start())
        position = match.start()
        if number >= MAX_TOKENS:
            break
        kind = match.lastgroup or ""
        if kind in ("long", "short"):
            size = 3 if kind == "long" else 1
            yield _Token("string", _unescaped(match.group()[size:-size]), line)
        elif kind != "comment":
            yield _Token(kind, match.group(), line)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\'\"$])", r"\1", text)


@dataclass(slots=True)
class _Reading:
    """Walks the tokens; `stages` are name, line and steps."""

    source: Source
    tokens: list[_Token]
    stages: list[tuple[str, int, list[PipelineStep]]] = field(default_factory=lambda: [("pipeline", 0, [])])
    crons: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    image: str = ""
    blocks: list[tuple[str, str]] = field(default_factory=list)  # open braces: what opened them and its first text
    opening: tuple[str, str] = ("", "")

    def read(self) -> None:
        """Read all tokens."""
        for index, token in enumerate(self.tokens):
            if token.text == "{" and token.kind == "mark":
                self.blocks.append(self.opening)
                self.opening = ("", "")
            elif token.text == "}" and token.kind == "mark":
                if self.blocks:
                    self.blocks.pop()
            elif token.kind == "name":
                self._name(token, index)

    def _name(self, token: _Token, index: int) -> None:
        arguments = self._arguments(index + 1)
        first = next(iter(arguments.values()), "")
        name = token.text
        if name == "stage":
            self.stages.append((first, token.line, []))
        elif name in _SHELL:
            self._shell(token, arguments, index)
        elif name == "cron":
            self.crons.append(first)
        elif name in ("@Library", "library"):
            self.libraries.append(f"library {first}")
        elif name == "image" and self.opening[0] == "" and self.blocks and self.blocks[-1][0] == "docker":
            self.image = first
        elif (arguments or name.endswith((".push", ".build"))) and name not in _STRUCTURE and not self._is_key(index):
            self._call(token, arguments)
        if name not in ("any", "none"):
            self.opening = (name, first)

    def _is_key(self, index: int) -> bool:
        """Say whether a name is an argument's."""
        return index + 1 < len(self.tokens) and self.tokens[index + 1].text == ":"

    def _arguments(self, start: int) -> dict[str, str]:
        """Return the texts that follow a name: unnamed ones as "0", "1" …, named ones by name."""
        found: dict[str, str] = {}
        key, level = "", 0
        for token in self.tokens[start : start + 60]:
            if token.kind == "string":
                found[key or str(len(found))] = token.text
                key = ""
            elif token.text in "([":
                level += 1
            elif token.text in ")]":
                level -= 1
                if level <= 0:
                    break
            elif token.kind == "name" and (level > 0 or not found):
                if key:
                    found[key] = token.text
                key = token.text
                if level == 0 and not self._named(token, start):
                    break
            elif token.text in "{}":
                break
        return found

    def _named(self, token: _Token, start: int) -> bool:
        """Say whether a name right after a call's name is an argument's, as in ``sh script: "…"``."""
        after = self.tokens[start + 1 : start + 2]
        return token is self.tokens[start] and bool(after) and after[0].text == ":"

    def _folder(self) -> str:
        path = "/".join(text for name, text in self.blocks if name == "dir")
        return folder_of(self.source, path)

    def _tolerated(self) -> bool:
        return any(name in _TOLERANT for name, _ in self.blocks)

    def _shell(self, token: _Token, arguments: dict[str, str], index: int) -> None:
        script = arguments.get("script", arguments.get("0", ""))
        at = next((t.line for t in self.tokens[index : index + 12] if t.kind == "string" and t.text == script), token.line)
        step = PipelineStep(
            at=self.source.place(at),
            name=self.stages[-1][0],
            commands=from_shell(self.source, shell.commands(script, at)),
            tolerated=self._tolerated() or arguments.get("returnStatus") == "true",
            folder=self._folder(),
        )
        self.stages[-1][2].append(step)

    def _call(self, token: _Token, arguments: dict[str, str]) -> None:
        """Record the step of a plug-in; what ends in ``.push`` or ``.build`` is an image of the Docker plug-in."""
        name = token.text
        if name == "push" or name.endswith(".push"):
            name = "docker.push"
        settings = {key: harmless(key, value[:MAX_TEXT]) for key, value in arguments.items()}
        step = PipelineStep(
            at=self.source.place(token.line),
            name=self.stages[-1][0],
            uses=f"jenkins:{name}",
            inputs=settings,
            tolerated=self._tolerated(),
            folder=self._folder(),
        )
        self.stages[-1][2].append(step)
