"""A command as the tables of purposes look at it: wrappers taken off, options told from words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from assessor.parsing import shell
from assessor.readers.pipelines.common import program_of

MAX_WRAPPERS = 5
MAX_TEXT = 4_000  # characters of a command that patterns see


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A program that only runs another one, after `subcommands` (needed or not) and a number of words of its own."""

    subcommands: frozenset[str] = frozenset()
    needed: bool = False
    words: int = 0


def _wrappers(names: str, subcommands: str = "", *, needed: bool = False, words: int = 0) -> dict[str, _Wrapper]:
    return dict.fromkeys(names.split(), _Wrapper(frozenset(subcommands.split()), needed, words))


_WRAPPERS = {
    **_wrappers("sudo doas env time nohup exec command nice xargs stdbuf retry tini dumb-init unbuffer eval npx bunx uvx"),
    **_wrappers("timeout", words=1),
    **_wrappers("poetry uv pipenv pdm hatch rye pipx doppler infisical op teller devbox", "run", needed=True),
    **_wrappers("pnpm yarn bun bundle mise asdf direnv", "exec dlx x", needed=True),
    **_wrappers("aws-vault chamber aws-okta saml2aws sops", "exec exec-env exec-file", needed=True, words=1),
    **_wrappers("nix", "develop shell run", needed=True),
}
_LOCAL_TOOLS = frozenset({"nx", "cdk", "cdktf", "lefthook", "pulumi", "lerna", "turbo"})  # ``yarn nx`` runs nx
_WRAPPER_VALUES = frozenset(
    {"-u", "-g", "-n", "-I", "-L", "-P", "-k", "-s", "--signal", "-p", "--package", "--project", "--config"}
)
_COMMAND_OPTIONS = frozenset({"-c", "--command"})


def vocabulary(text: str) -> frozenset[str]:
    """Return a set of words written in one line."""
    return frozenset(text.split())


# Programs that are also started by another name, by their path in their own image.
_PATHS = {"/kaniko/executor": "kaniko"}
_SHELLS = frozenset({"sh", "bash", "ash"})
_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_EXEC_ENDS = frozenset({";", "\\;", "+"})
_CONTAINER_TOOLS = frozenset({"docker", "podman", "nerdctl", "docker-compose", "podman-compose"})
_CONTAINER_VALUES = vocabulary(
    "-v --volume -e --env -w --workdir --network --net --name -u --user -p --publish --mount --platform --pull --env-file "
    "--add-host -m --memory -l --label --cpus --gpus -h --hostname --entrypoint --cap-add --security-opt --dns"
)
# Options before a sub-command that take the next word as their value.
_GLOBAL_VALUES = vocabulary(
    "-n --namespace --context --kube-context --kubeconfig -C --config -H --host --log-level --profile --region --project "
    "-f --file -s --server --cluster --stack --cwd --working-dir --terragrunt-working-dir -e --environment -l --selector "
    "--state-values-file --cache-dir --severity --exit-code --format --vuln-type --output --timeout -o --allow-paths -v "
    "--filter --prefix --directory -d -p --projects"
)


class Call:
    """One command without its wrappers. `words` are what is not an option, as far as that can be told."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        self.argv = argv
        path = argv[0] if argv else ""
        self.program = _PATHS.get(path) or re.sub(r"\.(?:exe|cmd|bat|sh)$", "", path.rpartition("/")[2])

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words after the program, without options and the values of well-known ones."""
        found: list[str] = []
        skip = False
        for word in self.argv[1:]:
            if skip:
                skip = False
            elif word.startswith("-") and word != "-":
                skip = word in _GLOBAL_VALUES and not found
            else:
                found.append(word)
        return tuple(found)

    @cached_property
    def options(self) -> frozenset[str]:
        """The names of the options given, without values."""
        return frozenset(word.partition("=")[0] for word in self.argv[1:] if word.startswith("-"))

    @cached_property
    def text(self) -> str:
        """All of it as one text, as far as patterns need to see it."""
        return " ".join(self.argv)[:MAX_TEXT]

    def has(self, *names: str) -> bool:
        """Say whether an option is given and not switched off."""
        return any(name in self.options and self.value(name).lower() not in ("false", "none", "0") for name in names)

    def value(self, *names: str) -> str:
        """Return the value of an option, written ``--name value`` or ``--name=value``; "" if it has none."""
        return next(iter(self.values(*names)), "")

    def values(self, *names: str) -> tuple[str, ...]:
        """Return the values of an option that can be repeated."""
        found: list[str] = []
        for number, word in enumerate(self.argv[1:], 1):
            name, given, value = word.partition("=")
            if name in names:
                following = self.argv[number + 1] if number + 1 < len(self.argv) else ""
                found.append(value if given else "" if following.startswith("-") else following)
        return tuple(found)


def calls(argv: tuple[str, ...], depth: int = 0) -> Iterator[Call]:
    """Yield what a command runs: itself without wrappers, and what it starts inside a container."""
    inner = _unwrapped(argv)
    if not inner or depth > MAX_WRAPPERS:
        return
    call = Call(inner)
    if call.program in _SHELLS and "-c" in inner[1:-1]:
        if depth:  # a shell at the top was followed when it was read
            for simple in shell.commands(inner[inner.index("-c") + 1]):
                yield from calls(simple.argv, depth + 1)
        return
    if call.program in _SHELLS and (script := _script(inner)):
        yield from calls(script, depth + 1)
        return
    if call.program == "find":
        yield from _found(inner, depth)
    if call.program in _CONTAINER_TOOLS and "run" in call.words[:2] and call.words[0] in ("run", "compose", "container"):
        yield from _contained(inner, depth)
    yield call


def _script(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the script a shell is given, with its arguments; ``-o`` takes the next word as its value."""
    index = 1
    while index < len(argv) and argv[index].startswith(("-", "+")):
        index += 2 if argv[index].endswith("o") and not argv[index].startswith("--") else 1
    return argv[index:]


def _unwrapped(argv: tuple[str, ...]) -> tuple[str, ...]:
    for _ in range(MAX_WRAPPERS):
        wrapper = _WRAPPERS.get(argv[0].rpartition("/")[2]) if argv else None
        if wrapper is None:
            return argv
        rest = argv[1:]
        if rest[:1] and rest[0] in wrapper.subcommands:
            rest = rest[1:]
        elif wrapper.needed and not (rest[:1] and rest[0] in _LOCAL_TOOLS):
            return argv
        argv = _inner(rest, wrapper.words)
    return argv


def _inner(rest: tuple[str, ...], words: int) -> tuple[str, ...]:
    """Return what follows a wrapper's own options, assignments and words."""
    for marker in ("--", *_COMMAND_OPTIONS):
        if marker in rest:
            return _split(rest[rest.index(marker) + 1 :])
    index = 0
    while index < len(rest):
        word = rest[index]
        if word in _WRAPPER_VALUES:
            index += 2
        elif word.startswith("-") or re.match(r"[A-Za-z_]\w*=", word):
            index += 1
        elif words:
            words -= 1
            index += 1
        else:
            break
    return _split(rest[index:])


def _split(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command given as one word is split once more."""
    return tuple(words[0].split()) if len(words) == 1 and " " in words[0] else words


def _found(argv: tuple[str, ...], depth: int) -> Iterator[Call]:
    """Yield what ``find … -exec COMMAND ;`` runs."""
    index = 0
    while index < len(argv):
        end = index + 1
        if argv[index] in _EXEC:
            end = next((number for number in range(end, len(argv)) if argv[number] in _EXEC_ENDS), len(argv))
            yield from calls(argv[index + 1 : end], depth + 1)
        index = end


def _contained(argv: tuple[str, ...], depth: int) -> Iterator[Call]:
    """Yield what ``docker run IMAGE …`` runs: the image's program, or the words as a command of their own."""
    index = argv.index("run") + 1
    entrypoint = Call(argv).value("--entrypoint")
    while index < len(argv) and argv[index].startswith("-"):
        index += 2 if argv[index] in _CONTAINER_VALUES else 1
    if index < len(argv):
        arguments = argv[index + 1 :]
        yield Call((entrypoint or program_of(argv[index]), *arguments))
        yield from calls(arguments, depth + 1)
