"""What can be started inside a repository: make, just, task, npm, nx, scripts, hooks, release configuration."""

from __future__ import annotations

import pytest

from assessor.facts.pipelines import Runnable
from tests.organizations import read


def runnables(reader: str, path: str, text: str) -> dict[str, Runnable]:
    return {fact.name: fact for fact in read(reader, path, text) if isinstance(fact, Runnable)}


def argvs(runnable: Runnable) -> list[tuple[str, ...]]:
    return [command.argv for step in runnable.steps for command in step.commands]


MAKEFILE = """
REGISTRY ?= ghcr.io/acme
IMAGE := $(REGISTRY)/app
TAG = $(shell git rev-parse HEAD)

.PHONY: all
all: push
build test:
\t@docker build \\
\t  -t $(IMAGE):$(TAG) .
push: build | login
\t-docker push $(IMAGE):$${VERSION}
login: ; docker login
ifeq ($(A),b)
endif
"""


def test_make_targets_have_their_variables_needs_and_own_shells() -> None:
    targets = runnables("makefile", "ops/Makefile", MAKEFILE)
    assert list(targets) == ["all", "build", "test", "push", "login"]
    assert argvs(targets["build"]) == [("docker", "build", "-t", "ghcr.io/acme/app:${TAG}", ".")]
    assert argvs(targets["push"]) == [("docker", "push", "ghcr.io/acme/app:${VERSION}")]
    assert targets["push"].steps[0].commands[0].tolerated
    assert targets["push"].needs == ("build", "login")
    assert argvs(targets["login"]) == [("docker", "login")]
    assert [name for name, target in targets.items() if target.default] == ["all"]
    assert targets["push"].folder == "ops"


def test_a_variable_that_refers_to_itself_ends() -> None:
    (target,) = runnables("makefile", "Makefile", "A = $(B)$(B)\nB = $(A)$(A)\nx:\n\techo $(A)\n").values()
    assert argvs(target)[0][0] == "echo"


def test_just_recipes_are_one_shell_a_line_and_need_others() -> None:
    recipes = runnables(
        "justfile",
        ".justfile",
        "set shell := ['sh']\nv := 'x'\n\nbuild: lint (tag 'a')\n    @docker build .\n    -docker push {{ v }}\n\nlint:\n    tflint\n",
    )
    assert (recipes["build"].needs, argvs(recipes["build"])) == (
        ("lint", "tag"),
        [("docker", "build", "."), ("docker", "push", "{{ v }}")],
    )
    assert argvs(recipes["lint"]) == [("tflint",)]


def test_tasks_of_a_taskfile_run_others() -> None:
    tasks = runnables(
        "taskfile",
        "Taskfile.yml",
        "tasks:\n  default: make x\n  plan:\n    dir: infra\n    deps: [init]\n    cmds:\n      - terraform plan\n      - task: lint\n      - cmd: helm lint\n",
    )
    assert argvs(tasks["default"]) == [("make", "x")]
    assert (tasks["plan"].needs, tasks["plan"].steps[0].folder) == (("init", "lint"), "infra")
    assert argvs(tasks["plan"]) == [("terraform", "plan"), ("helm", "lint")]


def test_package_scripts_and_nx_targets_are_known_by_name_and_line() -> None:
    (script,) = runnables(
        "package-scripts", "web/package.json", '{\n  "scripts": {\n    "image": "docker push x && y"\n  }\n}'
    ).values()
    assert (script.runner, script.name, script.at.line, argvs(script)) == ("npm", "image", 3, [("docker", "push", "x"), ("y",)])
    (target,) = runnables(
        "package-scripts",
        "app/project.json",
        '{"name": "app", "targets": {"scan": {"options": {"commands": ["trivy image x"]}}, "empty": {}}}',
    ).values()
    assert (target.runner, target.name, argvs(target)) == ("nx", "app:scan", [("trivy", "image", "x")])


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a/b.sh", "make x", 1),
        ("hack/tool", "#!/usr/bin/env bash\nmake x", 1),
        ("hack/tool", "#!/usr/bin/env python3\n", 0),
        ("bin/data.txt", "#!/bin/sh\n", 0),
    ],
)
def test_scripts_are_known_by_extension_or_first_line(path: str, text: str, found: int) -> None:
    assert len(read("shell-scripts", path, text)) == found


def test_hooks_are_steps_with_their_commands() -> None:
    text = "repos:\n  - repo: https://github.com/x/y\n    hooks:\n      - id: terraform_fmt\n  - repo: local\n    hooks:\n      - id: own\n        entry: kubeconform\n        args: [-strict]\n"
    (hooks,) = runnables("git-hooks", ".pre-commit-config.yaml", text).values()
    assert [step.uses for step in hooks.steps] == ["hook:terraform_fmt", "hook:own"]
    assert argvs(hooks) == [("kubeconform", "-strict")]
    (lefthook,) = runnables(
        "git-hooks", "lefthook.yml", "pre-commit:\n  commands:\n    tf: {run: terraform fmt -check}\n"
    ).values()
    assert argvs(lefthook) == [("terraform", "fmt", "-check")]


def test_a_release_configuration_names_its_images() -> None:
    (release,) = runnables(
        "goreleaser-steps",
        ".goreleaser.yaml",
        "dockers:\n  - image_templates: [ghcr.io/acme/app:latest]\nsboms:\n  - artifacts: archive\n",
    ).values()
    assert [(step.uses, step.inputs.get("image_templates")) for step in release.steps] == [
        ("goreleaser:dockers", "ghcr.io/acme/app:latest"),
        ("goreleaser:sboms", None),
    ]
