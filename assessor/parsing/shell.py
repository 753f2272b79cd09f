"""Splits scripts into commands as a POSIX shell would, without running anything.

Variables, substitutions and the expressions of CI systems (``${{ … }}``, ``{{ … }}``) stay as written, except that a
program named by a variable, and arrays among the words, are taken from literal assignments before; commands inside
``$(…)``, backquotes, conditions, loops, functions and subshells are found too. Text that is not valid shell
(PowerShell, batch files, unterminated quotes) yields what can be made of it, never an error. Linear in the text's
length. The grammar followed is the one of POSIX.1-2024, chapter 2 "Shell Command Language", with common bash additions.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate

from .shell_words import MAX_EXPRESSION, SPACE, Lexer

MAX_COMMANDS = 5_000
MAX_TEXT = 500_000  # characters of one script
MAX_DEPTH = 4  # of substitutions within substitutions
MAX_VALUE = 200  # characters of a variable's value, and words of an array, that are remembered
MAX_EXPANDED = 10_000  # words that arrays add to the commands of one script

_REDIRECT = re.compile(r"\d*(?:<<<|<<-?|<>|<&|<(?!\()|>>|>\||>&|>(?!\())|&>>?")
_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;&|()\n]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_ASSIGNED = re.compile(r"([A-Za-z_]\w{0,99})(\+?)=", re.A)
_NAMED = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})(?=/|\Z)", re.A)  # a word that is, or begins with, a variable
_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*:?[-=]([^${}`]*)\}\Z", re.A)
_ARRAY = re.compile(r"\$\{([A-Za-z_]\w*)\[[@*]\]\}\Z", re.A)
_BLANK = re.compile(r"(?:\s|\\\n|#[^\n]*)+")
_DECLARING = frozenset({"export", "local", "readonly", "declare", "typeset"})

_TRANSPARENT = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "time", "fi", "done", "esac"})
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"})
_HARMLESS = frozenset({"true", ":", "echo", "printf"})


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command. `folder` is where ``cd`` has led, as written, "" where the script began."""

    argv: tuple[str, ...]
    line: int
    tolerated: bool = False  # its failure is ignored: ``|| true``, ``set +e``
    folder: str = ""


def commands(script: str, line: int = 1) -> list[Simple]:
    """Return the simple commands of a script whose first line has the given number, in the order they are written."""
    return commands_of([(script, line)])


def commands_of(chunks: Iterable[tuple[str, int]]) -> list[Simple]:
    """Return the simple commands of texts that one shell runs one after the other; each comes with its first line."""
    parser = _Parser("", 1)
    for text, line in chunks:
        parser.read(text, line)
    return sorted(parser.result(), key=lambda command: command.line)


@dataclass(slots=True)
class _Group:
    """An open ``{``, ``(`` or ``case``; `guarded` are the commands it is the ``||`` of."""

    closer: str
    folder: str
    start: int
    guarded: tuple[int, int] | None


@dataclass(slots=True)
class _Parser(Lexer):
    depth: int = 0
    found: list[Simple] = field(default_factory=list)
    nested: list[Simple] = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    argv_line: int = 0
    assigned: bool = False  # words so far were only assignments
    groups: list[_Group] = field(default_factory=list)
    list_start: int = 0  # the first command of the current and-or list
    guarded: tuple[int, int] | None = None  # the commands whose failure the next command handles
    tolerated: list[tuple[int, int]] = field(default_factory=list)  # spans of commands whose failure is handled
    ignoring: bool = False  # after ``set +e``
    folder: str = ""
    folders: list[str] = field(default_factory=list)  # pushd
    heredocs: list[tuple[str, bool]] = field(default_factory=list)
    skip: str = ""  # words and operators are dropped until this one
    values: dict[str, str] = field(default_factory=dict)  # of variables assigned literally
    arrays: dict[str, list[str]] = field(default_factory=dict)
    array: tuple[str, bool] | None = None  # the array that the parenthesis after this word gives, or adds to
    loop: list[str] = field(default_factory=list)  # the words after ``for``
    expanded: int = 0  # words that arrays added

    def read(self, text: str, line: int) -> None:
        """Read a text as if it were typed into the shell after what was read before."""
        self.text, self.pos, self.line, self.broken = text[:MAX_TEXT], 0, line, False
        end = len(self.text)
        while self.pos < end and len(self.found) < MAX_COMMANDS:
            self._token()
        self.heredocs.clear()
        self._newline()

    def result(self) -> list[Simple]:
        """Return what was found, with the failures that are handled marked."""
        change = [0] * (len(self.found) + 1)  # how many spans begin minus how many end before each command
        for start, stop in self.tolerated:
            change[start] += 1
            change[stop] -= 1
        depths = accumulate(change[:-1])
        return [replace(c, tolerated=True) if depth > 0 else c for c, depth in zip(self.found, depths, strict=True)] + self.nested

    # -- tokens ---------------------------------------------------------------------------------------------------

    def _token(self) -> None:
        text, pos = self.text, self.pos
        if space := SPACE.match(text, pos):
            self.advance(space.end())
        elif text[pos] == "#" and not text.startswith("#{", pos):
            newline = text.find("\n", pos)
            self.advance(newline if newline >= 0 else len(text))
        elif redirect := _REDIRECT.match(text, pos):
            self.advance(redirect.end())
            self._redirect(redirect.group())
        elif operator := _OPERATOR.match(text, pos):
            self.advance(operator.end())
            self._operator(operator.group())
        else:
            at = self.line
            self._word(self.read_word(), at)

    def _redirect(self, operator: str) -> None:
        if space := SPACE.match(self.text, self.pos):
            self.advance(space.end())
        quoted = self.text[self.pos : self.pos + 1] in ("'", '"', "\\")
        target = self.read_word()
        if operator in ("<<", "<<-") and target and (quoted or re.match(r"\w", target)):
            runs = bool(self.argv) and posixpath.basename(self.argv[0]) in _SHELLS
            self.heredocs.append((target, runs))

    def nest(self, inner: str) -> None:
        if self.depth < MAX_DEPTH and len(self.nested) < MAX_COMMANDS:
            parser = _Parser("", self.line, depth=self.depth + 1, values=self.values, arrays=self.arrays)
            parser.read(inner, self.line)
            for command in parser.result():
                if command.argv[0] not in ("cd", "pushd", "dirname", "pwd"):
                    self.nested.append(replace(command, folder=posixpath.join(self.folder, command.folder)))

    # -- grammar --------------------------------------------------------------------------------------------------

    def _word(self, word: str, line: int) -> None:
        if self.skip == ")" and word == "esac":
            self.skip = ""
        if self.skip:
            if word == self.skip:
                self.skip = ")" if word == "in" else ""
            elif self.skip == "\n":
                self._loop_word(word)
            return
        self.array = None
        if self.argv:
            self.argv.append(word)
        elif word in _TRANSPARENT or word == "":
            if word == "esac":
                self._close("esac")
        elif not self._reserved(word):
            if _ASSIGNMENT.match(word):
                self.assigned = True
                self._assign(word)
            else:
                self.argv, self.argv_line = [word], line

    def _loop_word(self, word: str) -> None:
        """Remember what a loop over one word, such as ``examples/*``, gives its variable."""
        if len(self.loop) < 4:
            self.loop.append(word[:MAX_VALUE])
            if len(self.loop) > 2 and self.loop[1] == "in":
                self.values.pop(self.loop[0], None)
                if len(self.loop) == 3:
                    self.values[self.loop[0]] = self.loop[2]

    def _assign(self, word: str) -> None:
        """Remember a literal value, and forget one that is no longer known."""
        if not (found := _ASSIGNED.match(word)):
            return
        name, added = found.groups()
        value = word[found.end() : found.end() + MAX_VALUE + 1]
        if not value:
            self.array = (name, bool(added))
        value = default.group(1) if (default := _DEFAULT.match(value)) else value
        if added or len(value) > MAX_VALUE or "$" in value or "`" in value:
            self.values.pop(name, None)
        else:
            self.values[name] = value

    def _resolved(self, argv: list[str]) -> tuple[str, ...]:
        """Return a command with its program's name and literal arrays in place of the variables that hold them."""
        if (default := _DEFAULT.match(argv[0])) and default.group(1):
            argv[:1] = default.group(1).split()
        elif (named := _NAMED.match(argv[0])) and named.end() == len(argv[0]):
            value = self.values.get(named.group(1) or named.group(2))
            argv[:1] = argv[:1] if value is None or "*" in value else value.split()
        if not self.arrays:
            return tuple(argv)
        found: list[str] = []
        for word in argv:
            array = self.arrays.get(match.group(1)) if (match := _ARRAY.match(word)) else None
            if array is None or self.expanded + len(array) > MAX_EXPANDED:
                found.append(word)
            else:
                self.expanded += len(array)
                found += array
        return tuple(found)

    def _reserved(self, word: str) -> bool:
        """Handle words that open or close something; say whether it was one."""
        if word == "{":
            self._open("}")
        elif word == "}":
            self._close("}")
        elif word in ("for", "select", "function"):
            self.skip = "\n"
            self.loop = []
        elif word == "case":
            self._open("esac")
            self.skip = "in"
        elif word == "[[":
            self.skip = "]]"
        else:
            return False
        return True

    def _operator(self, operator: str) -> None:
        if operator == "\n":
            self._newline()
        elif self.skip:
            if operator == self.skip or (self.skip == "\n" and operator in (";", "(")):
                self.skip = ""
                if operator == "(":  # ``function name()``
                    self._function()
        elif operator == "(":
            self._parenthesis()
        elif operator == ")":
            self._finish()
            self._close(")")
        else:
            self._finish()
            self._separate(operator)

    def _newline(self) -> None:
        if self.skip in ("\n", "]]"):
            self.skip = ""
        continued = self.guarded is not None and not self.argv and not self.assigned
        self._finish()
        if not continued:
            self._end_list()
        while self.heredocs:
            self._heredoc(*self.heredocs.pop(0))

    def _separate(self, operator: str) -> None:
        if operator == "||":
            self.guarded = (self.list_start, len(self.found))
        elif operator in (";", "&", ";;", ";&", ";;&"):
            self._end_list()
            if operator.startswith(";;") and self.groups and self.groups[-1].closer == "esac":
                self.skip = ")"

    def _end_list(self) -> None:
        self.list_start = len(self.found)
        self.guarded = None

    def _parenthesis(self) -> None:
        if self.argv:
            self._function()
        elif self.text.startswith("(", self.pos):  # ``((arithmetic))``
            close = self.text.find("))", self.pos, self.pos + MAX_EXPRESSION)
            self.advance(close + 2 if close >= 0 else self.pos)
        elif self.assigned:  # ``array=(…)``
            self._array()
        else:
            self._open(")")

    def _array(self) -> None:
        """Read the words of an array up to its parenthesis, and remember them."""
        close = self.text.find(")", self.pos, self.pos + MAX_EXPRESSION)
        if close < 0:
            return
        words: list[str] = []
        while self.pos <= close:
            before = self.pos
            if space := _BLANK.match(self.text, self.pos):
                self.advance(space.end())
            elif self.text[self.pos] == ")":
                break
            else:
                words.append(self.read_word())
            if self.pos == before:
                break
        self.advance(max(self.pos, close) + (self.text.startswith(")", max(self.pos, close))))
        if self.array:
            name, added = self.array
            known = self.arrays.get(name, []) if added else []
            self.arrays[name] = [*known, *words][:MAX_VALUE]
            self.array = None

    def _function(self) -> None:
        """Forget the name of a function being defined: its body is read as if it ran in place."""
        self.argv = []
        close = re.compile(r"\s*\)").match(self.text, self.pos)
        self.advance(close.end() if close else self.pos)

    def _open(self, closer: str) -> None:
        if len(self.groups) < 1000:
            self.groups.append(_Group(closer, self.folder, len(self.found), self.guarded))
        self.guarded = None

    def _close(self, closer: str) -> None:
        while self.groups and self.groups[-1].closer == "esac" != closer:
            self.groups.pop()
        if not self.groups or self.groups[-1].closer != closer:
            return
        group = self.groups.pop()
        if closer == ")":
            self.folder = group.folder
        if group.guarded and not any(_stops(command.argv) for command in self.found[group.start :]):
            self.tolerated.append(group.guarded)
        self.guarded = None
        self.list_start = min(self.list_start, group.guarded[0] if group.guarded else group.start)

    def _finish(self) -> None:
        """End the simple command being read."""
        words, self.argv = self.argv, []
        self.assigned = False
        argv = self._resolved(words) if words else ()
        if not argv:
            return
        self.found.append(Simple(argv, self.argv_line, self.ignoring, self.folder))
        if self.guarded and (argv[0] in _HARMLESS or argv in (("exit", "0"), ("return", "0"), ("exit", "/b", "0"))):
            self.tolerated.append(self.guarded)
        self.guarded = None
        if posixpath.basename(argv[0]) in _SHELLS:
            self._nest_argument(argv)
        elif argv[0] in _DECLARING:
            for word in argv[1:]:
                self._assign(word)
        elif argv[0] == "set" and len(argv) > 1:
            self._set_option(argv[1:])
        elif argv[0] in ("cd", "pushd", "popd"):
            self._move(argv)

    def _nest_argument(self, argv: tuple[str, ...]) -> None:
        """Find the commands of ``sh -c "…"``."""
        for number, word in enumerate(argv[1:-1], 1):
            if re.fullmatch(r"-[a-z]*c", word):
                self.nest(argv[number + 1])
                break

    def _set_option(self, options: tuple[str, ...]) -> None:
        for number, option in enumerate(options):
            named = option in ("-o", "+o") and options[number + 1 : number + 2] == ("errexit",)
            if named or re.fullmatch(r"[-+][a-zA-Z]*e[a-zA-Z]*", option):
                self.ignoring = option.startswith("+")

    def _move(self, argv: tuple[str, ...]) -> None:
        target = next((word for word in argv[1:] if not word.startswith("-") or word == "-"), "")
        if argv[0] == "pushd":
            self.folders.append(self.folder)
        if argv[0] == "popd" or target == "-":
            self.folder = self.folders.pop() if self.folders else ""
        elif target:
            if named := _NAMED.match(target):
                target = self.values.get(named.group(1) or named.group(2), named.group()) + target[named.end() :]
            if argv[0] == "cd":
                self.folders[:] = [*self.folders[-20:], self.folder]
            self.folder = posixpath.join(self.folder, target)[-1000:]

    def _heredoc(self, delimiter: str, runs: bool) -> None:
        """Step over a here-document; one that a shell reads holds commands."""
        if self.broken:
            return
        close = re.compile(rf"^[ \t]*{re.escape(delimiter)}[ \t]*$", re.M).search(self.text, self.pos)
        if close is None:
            self.broken = True
            return
        if runs:
            self.nest(self.text[self.pos : close.start()])
        self.advance(close.end())


def _stops(argv: tuple[str, ...]) -> bool:
    """Say whether a command ends the script with a failure."""
    if argv[0] in ("exit", "return"):
        return argv[1:2] != ("0",)
    return argv[0] in ("false", "die", "fail", "error")
