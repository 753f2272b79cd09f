"""Completes partial backends: settings that come from ``-backend-config`` files, flags, or GitLab's variables.

``backend "s3" {}`` is valid; the rest is given to ``terraform init``. The files are those a pipeline names, else those
that stand beside the root and are named for it by convention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from assessor.facts.infrastructure import Backend, BackendFile
from assessor.facts.pipelines import Pipeline

from .base import Material
from .terraform_modules import folder_of

# What a backend cannot work without and has no default: without it more settings must come from elsewhere.
REQUIRED = {
    "s3": ("bucket", "key"),
    "gcs": ("bucket",),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "http": ("address",),
    "oss": ("bucket",),
    "consul": ("path",),
    "remote": ("organization",),
    "cos": ("bucket",),
    "oci": ("bucket",),
    "kubernetes": ("secret_suffix",),
}
_FLAG = "-backend-config"
_SETTING = re.compile(r"\w+=")
_VARIABLE = re.compile(r"\$\{\{.*?\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+|<[^>]*>")
_LOCK = "${TF_HTTP_LOCK_ADDRESS}"  # GitLab's templates and wrapper set it


class BackendSettings:
    """What a repository says about its backends outside Terraform files."""

    def __init__(self, material: Material) -> None:
        self.files = material.of(BackendFile)
        pipelines = material.of(Pipeline)
        self.flags = sorted(set(_flags(pipelines)))
        self.given: dict[str, str] = {}
        for flag in self.flags:
            name, separator, value = flag.partition("=")
            if separator and "/" not in name:
                self.given.setdefault(name, _VARIABLE.sub("${…}", value))
        self.gitlab = any(_gitlab_state(pipeline) for pipeline in pipelines if pipeline.system == "gitlab")

    def completed(self, backend: Backend, folder: str) -> Backend:
        """Return a backend with what is known of its other settings; `partial` if some are still missing."""
        required = REQUIRED.get(backend.type, ())
        if all(name in backend.settings for name in required):
            return backend
        files = self.files_for(folder)
        settings = {**self.given, **_common(files), **backend.settings}
        if backend.type == "http" and self.gitlab and "lock_address" not in settings:
            settings = {**settings, "lock_address": _LOCK}
        missing = self.elsewhere or any(name not in settings for name in required)
        return msgspec.structs.replace(backend, settings=dict(sorted(settings.items())), partial=missing)

    @cached_property
    def elsewhere(self) -> bool:
        """Whether a flag names a file that is not among those seen."""
        named = [flag for flag in self.flags if not _SETTING.match(flag)]
        return any(not any(_names(flag, file.at.path, "") for file in self.files) for flag in named)

    def files_for(self, folder: str) -> list[BackendFile]:
        """Return the files of settings for a root: those a flag names, else those kept for it by convention."""
        named = [file for file in self.files if any(_names(flag, file.at.path, folder) for flag in self.flags)]
        return named or [file for file in self.files if _beside(file.at.path, folder)]


def _common(files: list[BackendFile]) -> dict[str, str]:
    """Return the settings that all files have; of each the first file's value."""
    if not files:
        return {}
    common = set.intersection(*(set(file.settings) for file in files))
    return {name: files[0].settings[name] for name in sorted(common)}


def _names(flag: str, path: str, folder: str) -> bool:
    """Say whether a flag names this file, seen from the root's folder or the repository's; variables match anything."""
    if _SETTING.match(flag):
        return False
    wanted = re.sub(r"^(?:\.{1,2}/)+", "", flag)
    pattern = "[^/]*".join(re.escape(part) for part in _VARIABLE.split(wanted))
    near = not folder or path.startswith(folder + "/") or ".." in flag or "/" in wanted
    return near and re.search(r"(?:^|/)" + pattern + r"$", path) is not None


def _beside(path: str, folder: str) -> bool:
    """Say whether a settings file stands in the root's folder or one below, or is named for it."""
    where = folder_of(path)
    stem = path.rpartition("/")[2].partition(".")[0]
    below = where == folder or (where.startswith(folder + "/") if folder else "/" not in where)
    return below or bool(folder and stem == folder.rpartition("/")[2])


def _flags(pipelines: Iterable[Pipeline]) -> Iterator[str]:
    """Yield the values of -backend-config flags in pipeline commands and in TF_CLI_ARGS_init."""
    for pipeline in pipelines:
        for _, step in pipeline.steps:
            for command in step.commands:
                yield from _values(command.argv)
            for name, value in step.environment.items():
                if name.startswith("TF_CLI_ARGS"):
                    yield from _values(value.split())
            for value in step.inputs.values():
                if _FLAG in value:
                    yield from _values(value.replace('"', " ").replace("'", " ").split())


def _values(words: Iterable[str]) -> Iterator[str]:
    expected = False
    for word in words:
        word = word.lstrip("-")
        if expected:
            yield word.strip("\"'")
            expected = False
        elif word.startswith(_FLAG[1:] + "="):
            yield word.partition("=")[2].strip("\"'")
        elif word == _FLAG[1:]:
            expected = True


def _gitlab_state(pipeline: Pipeline) -> bool:
    """Say whether a GitLab pipeline uses its managed state: the templates, the component, or the wrapper program."""
    if any(re.search(r"terraform|opentofu", name, re.I) for name in pipeline.unresolved):
        return True
    for job, step in pipeline.steps:
        if re.search(r"gitlab-org/(?:terraform-images|components/opentofu)|gitlab-opentofu", job.image):
            return True
        if any(c.program in ("gitlab-terraform", "gitlab-tofu") for c in step.commands):
            return True
        if any(name.startswith(("TF_HTTP_LOCK", "TF_STATE_NAME")) for name in step.environment):
            return True
    return False
