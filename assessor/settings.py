"""The settings file ``gitops-assess.yaml``: what to assess, what to leave out, what is accepted and by whom.

It only holds values. Nothing in it can name code to run, so a settings file inside an assessed repository is safe to read.
"""

from __future__ import annotations

import datetime
import difflib
from pathlib import Path
from typing import Annotated, Any

import msgspec

from assessor.errors import ParseError, UsageError
from assessor.model import Step, Thresholds, Waiver

FILE_NAME = "gitops-assess.yaml"
MAX_BYTES = 1024 * 1024


class AwsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which AWS accounts to ask. Without profiles the default credentials; each role is assumed with the first of them."""

    profiles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()  # ARNs
    regions: tuple[str, ...] = ()  # empty: every region enabled for the account
    read_state: bool = False  # read types and ids in Terraform state kept in S3, for the share of resources it manages


class KubernetesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which clusters to ask, by contexts of the user's kubeconfig; empty: the current one."""

    contexts: tuple[str, ...] = ()


class GithubSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which GitHub organizations (or users) to ask. `url` is that of a GitHub Enterprise Server."""

    organizations: tuple[str, ...] = ()
    url: str = ""
    archived: bool = False  # scan archived repositories too
    forks: bool = False  # scan forks too


class GitlabSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which GitLab groups to ask, with their subgroups. `url` is that of a self-managed instance."""

    groups: tuple[str, ...] = ()
    url: str = ""
    archived: bool = False
    forks: bool = False


class LiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How to ask live systems. An option of the command line decides whether one is asked at all."""

    aws: AwsSettings = AwsSettings()
    kubernetes: KubernetesSettings = KubernetesSettings()
    github: GithubSettings = GithubSettings()
    gitlab: GitlabSettings = GitlabSettings()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything a settings file can say. Patterns are globs; `**` matches any folders."""

    organization: str = ""  # the name shown; the folder's name if empty
    steps: tuple[Annotated[int, msgspec.Meta(ge=1, le=5)], ...] = (1, 2, 3, 4, 5)  # the path may be narrowed
    select: tuple[str, ...] = ()  # ids or prefixes of checks; empty: all
    ignore: tuple[str, ...] = ()  # ids or prefixes of checks left out
    exclude: tuple[str, ...] = ()  # paths left out, inside each repository
    thresholds: Thresholds = Thresholds()
    teams: dict[str, tuple[str, ...]] = {}  # team → patterns of its repositories' names
    waivers: tuple[Waiver, ...] = ()
    live: LiveSettings = LiveSettings()  # only in a file the user names: it says where credentials are used

    def team_of(self, repository: str) -> str:
        """Return the first team with a pattern that matches the repository's name, "" if none does."""
        from fnmatch import fnmatchcase

        for team, patterns in self.teams.items():
            if any(fnmatchcase(repository, pattern) for pattern in patterns):
                return team
        return ""

    @property
    def path(self) -> tuple[Step, ...]:
        """The steps of the path, in order."""
        return tuple(Step(number) for number in sorted(set(self.steps)))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a settings file."""
    return msgspec.json.schema(Settings)


def find_settings(folder: Path) -> Path | None:
    """Return the settings file beside the organization, if there is one."""
    file = folder / FILE_NAME
    return file if file.is_file() and not file.is_symlink() else None


def load_settings(file: Path) -> Settings:
    """Read a settings file; raises `UsageError` naming file, line and remedy."""
    from assessor.parsing import yaml  # a scan without settings file starts without it

    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file}: larger than 1 MiB", "Is it a settings file?")
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}", "Name a readable settings file with --config.") from error
    stream = yaml.parse(text)
    if stream.error:
        raise _wrong(file, stream.error)
    value = stream.documents[0].value if stream.documents else None
    if value is None:
        return Settings()
    if not isinstance(value, yaml.Map):
        raise _wrong(file, ParseError("the settings must be a mapping of keys", 1))
    _known_keys(file, value, Settings, ())
    try:
        settings = msgspec.convert(_plain(value), Settings)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        steps = [int(s) if s.isdigit() else s for s in where.rstrip("`").replace("[", ".").replace("]", "").split(".") if s]
        raise _wrong(file, ParseError(f"{'.'.join(map(str, steps))}: {message}", value.line_of(*steps))) from error
    for number, waiver in enumerate(settings.waivers):
        try:
            datetime.date.fromisoformat(waiver.until)
        except ValueError as error:
            line = value.line_of("waivers", number, "until")
            raise _wrong(
                file, ParseError(f"waivers[{number}].until: {waiver.until!r} is not a date such as 2026-12-31", line)
            ) from error
    return settings


def _wrong(file: Path, error: ParseError) -> UsageError:
    where = f"{file}:{error.line}" if error.line else str(file)
    return UsageError(f"{where}: {error}", "`gitops-assess init` writes a commented settings file.")


def _known_keys(file: Path, value: Any, kind: type[msgspec.Struct], path: tuple[str, ...]) -> None:
    """Refuse keys that do not exist, naming the nearest that does."""
    from assessor.parsing import yaml

    if not isinstance(value, yaml.Map):
        return
    fields = kind.__struct_fields__
    for key in value:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            guess = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(fields)}"
            raise _wrong(file, ParseError(f"unknown key {'.'.join((*path, key))!r}; {guess}", value.lines[key]))
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            _known_keys(file, value.get(field.name), field.type, (*path, field.name))
    if kind is Settings:
        for waiver in value.get("waivers") or () if isinstance(value.get("waivers"), list) else ():
            _known_keys(file, waiver, Waiver, ("waivers",))


def _plain(value: Any) -> Any:
    """Return the value as plain dicts and lists; a single string stands for a list of one in no place, so types stay strict."""
    from assessor.parsing import yaml

    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, yaml.Tagged) else value
