"""One hostile or broken file costs itself only: it becomes a gap with its place and reason, and the rest is found."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.collectors import extraction
from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.engine import judge
from assessor.facts.repository import Repository
from assessor.model import Status
from assessor.reading import Source
from assessor.registry import load_checks, load_readers
from tests.collectors.repositories import repository
from tests.organizations import TODAY, scan, scan_repository, write

SOUND = {
    "infra/main.tf": 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\nresource "aws_s3_bucket" "b" {}\n',
    "app/Dockerfile": "FROM alpine:3.20\nUSER 1000\n",
    "k8s/app.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: make\n",
}
MANY, FEW = 100_000, 30_000
BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"b{n}: &b{n} [" + ",".join([f"*b{n - 1}" if n else "*a"] * 9) + "]\n" for n in range(30)
)

# Files that a reader wants by their name, and texts that are wrong for them in some way.
NAMES = {
    "terraform": ["bad/main.tf", "bad/x.tfvars", "bad/terragrunt.hcl", "bad/main.tf.json", "bad/terraform.tfstate", "bad/backend.hcl"],
    "yaml": [
        "bad/k8s.yaml", "bad/Chart.yaml", "bad/values.yaml", "bad/templates/x.yaml", "bad/kustomization.yaml", ".gitlab-ci.yml", "azure-pipelines.yml", ".circleci/config.yml",
        ".github/workflows/bad.yml", "bad/action.yml", ".github/dependabot.yml", "bad/playbook.yml", "bad/docker-compose.yml", "bad/helmfile.yaml", "skaffold.yaml",
        ".sops.yaml", "atlantis.yaml", "bad/template.yaml", "Pulumi.yaml", "buildspec.yml", "cloudbuild.yaml", "bitbucket-pipelines.yml", ".github/settings.yml",
    ],
    "json": ["package.json", "renovate.json", "cdk.json", "bad/k8s.json", "bad/template.json", ".github/renovate.json5", "tsconfig.json", "composer.json"],
    "toml": ["pyproject.toml", "Cargo.toml", "project.toml", "netlify.toml", "fly.toml"],
    "other": [
        "bad/Dockerfile", "Jenkinsfile", "Makefile", "deploy.sh", "pom.xml", "build.gradle", "go.mod", ".gitignore", ".dockerignore", ".gitattributes", "CODEOWNERS", "Gemfile",
        "x.csproj", "bad/policy.rego", "bad/main.bicep", "Tiltfile", "justfile", "requirements.txt", "setup.py", "main.go", "app.py", "index.ts", "Procfile",
    ],
}  # fmt: skip
TEXTS: dict[str, str | bytes] = {
    "empty": "", "binary": b"\x7fELF\0\1\2" + bytes(range(256)) * 20, "not-utf-8": b"\xff\xfe\xfd\xc3(" * 100, "utf-16": "a: [\n".encode("utf-16"),
    "nul": "resource \"a\" \"b\" {\0}\nkind: \0\n", "brackets": "[" * MANY, "braces": "{" * MANY, "nested-json": '{"a":' * MANY, "blocks": "a {\n" * MANY, "parens": "(" * MANY,
    "assigned": "x = " + "[" * MANY, "templates": "{{" * FEW, "dollars": "${" * FEW, "dashes": "- " * FEW, "quotes": '"' * FEW, "escapes": '"' + "\\" * FEW, "one-line": "x" * (4 * FEW),
    "lines": "\n" * (10 * FEW), "strings": '"a" ' * FEW, "blanks": "\u2028\n" * FEW, "spaces": " " * FEW + "x", "bomb": BOMB, "tags": "!x " * FEW, "anchors": "&a " * FEW, "heredoc": "x = <<EOF\n" * 1000, "continued": "RUN a \\\n" * FEW,
    "froms": "FROM a AS a\n" * 10_000, "dots": "a." * FEW, "angles": "<a>" * FEW, "entities": '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>', "stars": "*" * FEW,
    "list": "- 1\n- [2]\n- {a: null}\n", "scalar": "42\n", "null": "null\n", "json-list": "[1, null, {}]", "odd-keys": "1: 2\nnull: 3\ntrue: 4\n[a]: 5\n? {b: c}\n: d\n",
    "odd-values": "apiVersion: 7\nkind: [x]\nmetadata: 3\nspec: null\non: 5\njobs: [1]\nstages: {}\nservices: [null]\nsteps: 7\ndata: []\nresources: x\nversion: {}\nname: [1]\n",
    "odd-json": '{"name": 5, "scripts": [1], "dependencies": null, "resource": {"a": 5}, "kind": [], "metadata": 1, "resources": 7, "extends": {}, "packageRules": "x"}',
    "odd-toml": 'project = 5\ntool = "x"\npackage = []\nbuild-system = 1\n', "surrogate": '{"name": "\\ud800", "kind": "\\udfff", "scripts": {"\\ud800": "\\ud800"}}', "huge-numbers": '{"name": 1e999, "version": ' + "9" * 5000 + "}",
}  # fmt: skip
SECONDS = 10  # of processor time: what is meant is that nothing blows up, on a loaded machine as well


def facts(found: Repository) -> set[tuple[str, str, int, str]]:
    """Return what is known about the sound files; what a service is depends on all files of a repository."""
    return {
        (fact.kind, fact.at.path, fact.at.line, fact.label)
        for fact in found.facts
        if fact.at.path in (*SOUND, "infra") and fact.kind != "service"
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, int, str]]:
    found = facts(scan_repository(write(tmp_path_factory.mktemp("sound") / "r", SOUND)))
    assert len(found) >= 4
    return found


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_under_any_name_breaks_a_reader_or_takes_long(kind: str, text: str) -> None:
    content = TEXTS[text]
    data = content if isinstance(content, bytes) else content.encode()
    for path in NAMES[kind]:
        problems: dict[str, int] = {}
        source = Source("r", path, data)
        started = time.process_time()
        for reader in extraction.readers_of()(path):
            list(extraction._run(reader, source, problems))
        assert time.process_time() - started < SECONDS, path
        assert [reason for reason in problems if "reader failed" in reason] == [], path


@pytest.mark.parametrize("text", ["binary", "brackets", "bomb", "templates", "odd-keys", "odd-values", "odd-json", "surrogate"])
def test_hostile_files_cost_themselves_only(tmp_path: Path, sound: set[tuple[str, str, int, str]], text: str) -> None:
    bad = {path: TEXTS[text] for paths in NAMES.values() for path in paths}
    found = scan_repository(write(tmp_path / "r", {**bad, **SOUND}))
    assert facts(found) >= sound
    assert [gap for gap in found.gaps if "failed" in gap.reason or "could not be derived" in gap.reason] == []
    assert msgspec.json.decode(msgspec.json.encode(found.gaps))


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("main.tf", 'resource "a" "b" {\n  x = 1\n}\n\nresource "c" {{{\n', 5),
        ("Chart.yaml", "name: a\nversion: [1\n", 3),
        (".github/workflows/x.yml", "on: push\njobs:\n  a: b: c\n", 3),
        ("package.json", '{\n  "name": "a",\n  "scripts" {}\n}', 3),
        ("pyproject.toml", '[project]\nname = "a"\nversion = = 1\n', 3),
        ("Chart.yaml", BOMB, 0),
        ("Chart.yaml", "a: " + "[" * MANY, 1),
        ("pyproject.toml", "a = " + "[" * MANY, 0),
        ("package.json", "[" * MANY, 0),
        ("main.tf", b"\x7fELF\0\1", 0),
        ("Chart.yaml", b"\0\1\2\3", 0),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_broken_file_is_a_gap_with_its_place(tmp_path: Path, path: str, text: str | bytes, line: int) -> None:
    found = scan_repository(write(tmp_path / "r", {path: text, ".gitignore": "x\n"}))
    places = [gap.subject for gap in found.gaps if gap.subject.startswith(path)]
    assert places
    assert all(place == f"{path}:{line}" for place in places) if line else path in {place.partition(":")[0] for place in places}
    assert all(0 < len(gap.reason) <= 300 and "\n" not in gap.reason for gap in found.gaps)
    assert {fact.at.path for fact in found.facts} >= {".gitignore"}


def test_every_check_survives_a_repository_of_hostile_files(tmp_path: Path) -> None:
    odd = [text for name, text in TEXTS.items() if name.startswith(("odd", "list", "scalar", "null", "surrogate", "huge"))]
    paths = [path for paths in NAMES.values() for path in paths]
    for number, text in enumerate(odd):
        write(tmp_path / "repos" / f"r{number}", dict.fromkeys(paths, text))
    organization = scan(tmp_path)
    found = judge(organization, load_checks().values(), (), TODAY)
    assert [f"{finding.check}: {finding.summary}" for finding in found if finding.status is Status.ERROR] == []


def test_a_scan_of_a_real_repository_with_every_trap_finds_what_is_sound(
    tmp_path: Path, sound: set[tuple[str, str, int, str]]
) -> None:
    root = repository(
        tmp_path / "r",
        {
            **SOUND,
            "big.yaml": b"a: 1\n" * 1_000_000,
            "<script>alert(1)<\\script>.tf": "resource {{{",
            "new\nline.tf": "resource {{{",
        },
    )
    os.mkfifo(root / "pipe.tf")
    (root / "out.tf").symlink_to("/etc/passwd")
    (root / "loop").symlink_to(".")
    (root / "in.tf").symlink_to("infra/main.tf")
    with (root / "hole.yaml").open("wb") as file:
        file.truncate(100 * 2**20)
    started = time.process_time()
    found = scan_repository(root)
    assert time.process_time() - started < 15
    assert facts(found) >= sound
    reasons = {gap.subject: gap.reason for gap in found.gaps}
    assert reasons["big.yaml"] == reasons["hole.yaml"] == "larger than 4 MiB"
    assert reasons["pipe.tf"] == "not a regular file"
    assert reasons["out.tf"] == "a link that leads out of the repository; links are not followed"
    assert {subject.partition(":")[0] for subject in reasons} >= {"<script>alert(1)<\\script>.tf", r"new\nline.tf"}
    assert "in.tf" not in found.files
    assert not any(path.startswith("loop") for path in found.files)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_no_mutation_of_a_sound_file_breaks_a_reader(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SOUND)))
    text = SOUND[path]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + data.draw(st.text("{}[]()\"'\\:-#&*!|>%@`${<= \n\t\x00\ud7ffa1é", max_size=6)) + text[end:]
    for reader in extraction.readers_of()(path):
        problems: dict[str, int] = {}
        list(extraction._run(reader, Source("r", path, text.encode()), problems))
        assert not [reason for reason in problems if "reader failed" in reason]


def test_a_reader_that_raises_costs_its_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = load_readers()["ignore-files"]

    def broken(source: Source) -> NoReturn:
        raise KeyError("password=hunter2")

    monkeypatch.setattr(
        extraction,
        "readers_of",
        lambda: (
            lambda path: (
                [dataclasses.replace(reader, read=broken) if path == "a/.gitignore" else reader]
                if path.endswith(".gitignore")
                else []
            )
        ),
    )
    found = collect_repository(Target("r", ".", write(tmp_path / "r", {"a/.gitignore": "x\n", "b/.gitignore": "y\n"})))
    assert [(gap.subject, "hunter2" in gap.reason) for gap in found.gaps] == [("a/.gitignore", False)]
    assert {fact.at.path for fact in found.facts} == {"b/.gitignore"}
