"""Whether what a pipeline deploys to a throw-away cluster is the repository's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assessor.facts.pipelines import Activity, Pipeline
from assessor.facts.repository import Repository

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|(?:github|gitlab)\.com/|git@")
_DYNAMIC = re.compile(r"\$|\{\{|<\(|`")
_ELSEWHERE = re.compile(r"<<|\b(?:curl|wget|echo|printf)\b|://")  # where what is piped in does not come from a file here
_FILE_OPTIONS = ("-f", "-k", "--filename", "--kustomize")
_HELM_SWITCHES = frozenset(
    [
        "-i",
        "--install",
        "-g",
        "--generate-name",
        "--wait",
        "--wait-for-jobs",
        "--atomic",
        "--create-namespace",
        "--debug",
        "--devel",
        "--dry-run",
        "--force",
        "--no-hooks",
        "--replace",
        "--reset-values",
        "--reuse-values",
        "--reset-then-reuse-values",
        "--skip-crds",
        "--verify",
        "--dependency-update",
        "--cleanup-on-fail",
        "--render-subchart-notes",
        "--disable-openapi-validation",
        "--hide-notes",
        "--rollback-on-failure",
    ]
)  # options that take no value


def deploys_own(activity: Activity, repository: Repository) -> bool:
    """Say whether it deploys files or a chart of the repository, or what is only known at run time.

    Tools that read a file of their own in the repository (helmfile, Skaffold and the like) do.
    """
    words = _command(activity, repository)
    if activity.tool in ("kubectl", "oc"):
        files = list(_files(words)) or [activity.subject]
        if any(file and file != "-" for file in files):
            return any(_is_own(file, repository) for file in files)
        return "|" in activity.at.excerpt and not _ELSEWHERE.search(activity.at.excerpt)
    if activity.tool in ("helm", "helm3"):
        chart = _chart(words)
        return chart is None or (not any(word.startswith("--repo") for word in words) and _is_own(chart, repository))
    return True


def _command(activity: Activity, repository: Repository) -> Sequence[str]:
    """Return the words of the command, those of its line where a script has it."""
    name = "helm" if activity.tool.startswith("helm") else activity.tool
    for pipeline in repository.of(Pipeline):
        if pipeline.at.path == activity.pipeline:
            for _, step in pipeline.steps:
                for command in step.commands:
                    if command.at == activity.at and any(name in word for word in command.argv[:50]):
                        return command.argv[:200]
    return activity.at.excerpt.replace('"', " ").replace("'", " ").split()[:200]


def _files(words: Sequence[str]) -> Iterator[str]:
    for number, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _FILE_OPTIONS:
            yield value if equals else " ".join(words[number + 1 : number + 2])


def _chart(words: Sequence[str]) -> str | None:
    """Return the chart that helm installs; None where the command does not show it, as it goes on in the next line."""
    start = next((number for number, word in enumerate(words) if word in ("install", "upgrade")), len(words))
    named: list[str] = []
    valued = False
    for word in words[start + 1 :]:
        if word in ("&&", "||", "|", ";", "\\"):
            break
        if valued:
            valued = False
        elif word.startswith("-"):
            valued = "=" not in word and word not in _HELM_SWITCHES
        else:
            named.append(word)
    return named[1] if len(named) > 1 else named[0] if named and {"-g", "--generate-name"} & set(words) else None


def _is_own(path: str, repository: Repository) -> bool:
    """Say whether something in the repository has the path, from wherever the command runs, or it is not known yet."""
    if _DYNAMIC.search(path):
        return True
    if _REMOTE.match(path):
        return False
    parts = [part for part in path.partition("*")[0].split("/") if part not in ("", ".", "..")]
    wanted = f"/{'/'.join(parts)}/" if parts else "/"
    return any(wanted in f"/{file}/" for file in repository.files)
