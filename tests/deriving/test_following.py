"""Commands are followed into what they start in their own repository, and no further."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assessor.deriving import derive_organization
from assessor.facts.base import Place
from assessor.facts.pipelines import Activity, Event, Pipeline, Purpose
from assessor.facts.repository import Organization
from tests.organizations import scan, scan_repository, write


def ran(root: Path, files: dict[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the pushes pipelines make, and by way of what."""
    repository = scan_repository(write(root, files))
    steps = [step for pipeline in repository.of(Pipeline) for _, step in pipeline.steps]
    return [(" ".join(c.argv), c.via) for step in steps for c in step.commands if "push" in c.argv]


def workflow(run: str, more: str = "") -> dict[str, str]:
    return {".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    steps:\n      - run: {run}\n{more}"}


@pytest.mark.parametrize(
    ("run", "files", "via"),
    [
        ("make push", {"Makefile": "push:\n\tdocker push x\n"}, ("make push",)),
        ("make", {"Makefile": "push:\n\tdocker push x\n"}, ("make push",)),
        ("make -C ops push", {"ops/Makefile": "push:\n\tdocker push x\n"}, ("make push",)),
        ("cd ops && make push", {"ops/Makefile": "push:\n\tdocker push x\n"}, ("make push",)),
        ("make all", {"Makefile": "include mk/image.mk\nall: push\n", "mk/image.mk": "push:\n\tdocker push x\n"}, ("make all", "make push")),
        ("just push", {"justfile": "push:\n  docker push x\n"}, ("just push",)),
        ("task image:push", {"Taskfile.yml": "tasks: {a: b}\n", ".taskfiles/image.yml": "tasks:\n  push: docker push x\n"}, ("task push",)),
        ("npm run push", {"package.json": '{"scripts": {"push": "docker push x"}}'}, ("npm push",)),
        ("yarn --cwd web push", {"web/package.json": '{"scripts": {"push": "docker push x"}}'}, ("npm push",)),
        ("yarn nx run-many -t push", {"app/project.json": '{"name": "app", "targets": {"push": {"options": {"command": "docker push x"}}}}'}, ("nx app:push",)),
        ("./scripts/push.sh", {"scripts/push.sh": "docker push x\n"}, ("scripts/push.sh",)),
        ("bash -eu $GITHUB_WORKSPACE/scripts/push.sh", {"scripts/push.sh": "docker push x\n"}, ("scripts/push.sh",)),
        ("scripts/all", {"scripts/all": "#!/bin/sh\nmake push\n", "Makefile": "push:\n\tdocker push x\n"}, ("scripts/all", "make push")),
        ("./ci/all", {"ci/all": "#!/bin/sh\n(cd web\n npm run push)\n", "web/package.json": '{"scripts": {"push": "docker push x"}}'}, ("ci/all", "npm push")),
        ("./ci/all.sh", {"ci/all.sh": "make push\n", "ci/Makefile": "push:\n\tdocker push x\n", "web/Makefile": "push:\n"}, ("ci/all.sh", "make push")),
        ("deno task push", {"deno.json": '{"tasks": {"push": "docker push x"}}'}, ("deno push",)),
        ("deno task push", {"deno.jsonc": '{"tasks": {"all": "docker push x", // the image\n"push": {"dependencies": ["all"]}}}'}, ("deno push", "deno all")),
        ("docker run -v $PWD:/lint -w /lint ghcr.io/antonbabenko/pre-commit-terraform:v1 run -a", {".pre-commit-config.yaml": "repos: [{repo: local, hooks: [{id: a, entry: docker push x}]}]"}, ("hooks pre-commit",)),
        ("pre-commit run --all-files", {".pre-commit-config.yaml": "repos: [{repo: local, hooks: [{id: a, entry: docker push x}]}]"}, ("hooks pre-commit",)),
    ],
)  # fmt: skip
def test_what_a_command_starts_is_followed(tmp_path: Path, run: str, files: dict[str, str], via: tuple[str, ...]) -> None:
    assert ran(tmp_path, {**workflow(run), **files})[-1] == ("docker push x", via)


def test_the_failure_of_a_tolerated_command_is_tolerated_within(tmp_path: Path) -> None:
    write(tmp_path, {**workflow("make scan || true"), "Makefile": "scan:\n\ttrivy image --exit-code 1 x\n"})
    assert [a.blocking for a in scan_repository(tmp_path).of(Activity)] == [False]


def test_targets_that_start_each_other_end(tmp_path: Path) -> None:
    files = {"Makefile": "a: b\n\tmake b\n\tdocker push x\nb: a\n\tmake a\n", "x.sh": "./x.sh\nmake a\n"}
    assert ran(tmp_path, {**workflow("./x.sh"), **files}) == [("docker push x", ("x.sh", "make a"))]


def test_many_targets_of_many_targets_are_bounded(tmp_path: Path) -> None:
    lines = [f"t{level}_{n}: " + " ".join(f"t{level + 1}_{m}" for m in range(30)) for level in range(7) for n in range(30)]
    write(tmp_path, {**workflow("make t0_0"), "Makefile": "\n".join(lines) + "\n"})
    assert len(scan_repository(tmp_path).of(Pipeline)) == 1


@pytest.mark.parametrize("itself", [".", "$"])
def test_a_local_action_and_what_it_runs_take_the_place_of_the_step(tmp_path: Path, itself: str) -> None:
    files = {
        ".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    steps:\n      - uses: {itself}/.github/actions/push\n",
        ".github/actions/push/action.yml": "runs:\n  using: composite\n  steps:\n    - run: docker push x\n    - uses: docker/login-action@v3\n",
    }
    assert ran(tmp_path, files) == [("docker push x", ("./.github/actions/push",))]


@pytest.mark.parametrize("itself", [".", "$"])
def test_a_local_reusable_workflow_runs_as_its_caller_starts_it(tmp_path: Path, itself: str) -> None:
    files = {
        ".github/workflows/ci.yml": f"on: pull_request\njobs:\n  call:\n    uses: {itself}/.github/workflows/image.yml\n",
        ".github/workflows/image.yml": "on: workflow_call\njobs:\n  image:\n    steps:\n      - run: trivy image x\n",
    }
    (found,) = scan_repository(write(tmp_path, files)).of(Activity)
    assert (found.pipeline, found.job, found.at.path, found.on(Event.PULL_REQUEST)) == (
        ".github/workflows/ci.yml",
        "call/image",
        ".github/workflows/image.yml",
        True,
    )


def test_a_reusable_workflow_nobody_calls_here_is_judged_by_itself(tmp_path: Path) -> None:
    files = {".github/workflows/image.yml": "on: workflow_call\njobs:\n  image:\n    steps:\n      - run: trivy image x\n"}
    assert [a.purpose for a in scan_repository(write(tmp_path, files)).of(Activity)] == [Purpose.SCAN_IMAGE]


def test_azure_templates_are_put_in(tmp_path: Path) -> None:
    files = {
        "azure-pipelines.yml": "trigger: [main]\njobs:\n  - template: ci/jobs.yml\n",
        "ci/jobs.yml": "jobs:\n  - job: a\n    steps:\n      - template: steps.yml\n",
        "ci/steps.yml": "steps:\n  - script: docker push x\n",
    }
    repository = scan_repository(write(tmp_path, files))
    assert [(a.pipeline, a.at.path, a.on(Event.PUSH)) for a in repository.of(Activity)] == [
        ("azure-pipelines.yml", "ci/steps.yml", True)
    ]


def test_a_tekton_task_of_the_repository_is_put_in(tmp_path: Path) -> None:
    head = "apiVersion: tekton.dev/v1\nkind: "
    files = {
        "t/pipeline.yaml": head + "Pipeline\nmetadata: {name: p}\nspec:\n  tasks:\n    - name: a\n      taskRef: {name: own}\n",
        "t/task.yaml": head + "Task\nmetadata: {name: own}\nspec:\n  steps:\n    - image: x\n      script: docker push x\n",
    }
    assert ran(tmp_path, files) == [("docker push x", ("tekton-task:own",))]


def test_a_reusable_workflow_of_another_scanned_repository_is_joined(tmp_path: Path) -> None:
    files = {
        "repos/app/.github/workflows/ci.yml": "on: push\njobs:\n  call:\n    uses: acme/ci/.github/workflows/image.yml@v1\n  other:\n    uses: acme/gone/.github/workflows/x.yml@v1\n",
        "repos/ci/.github/workflows/image.yml": "on: workflow_call\njobs:\n  image:\n    steps:\n      - run: docker push x:1\n",
    }
    app, _ = scan(write(tmp_path, files)).repositories
    assert [(a.purpose, a.at.line, a.job, a.on(Event.PUSH)) for a in app.of(Activity)] == [(Purpose.PUSH_IMAGE, 4, "call", True)]
    assert app.of(Pipeline)[0].unresolved == ("acme/gone/.github/workflows/x.yml@v1",)


GITLAB = """include:
  - project: acme/ci
    file: /image.yml
  - component: $CI_SERVER_FQDN/acme/ci/scan@1.0
  - project: acme/gone
    file: /x.yml
publish:
  extends: .push
  rules: [{if: $CI_COMMIT_TAG}]
"""
SHARED = {
    "repos/ci/image.yml": "include: {local: /common.yml}\n.push:\n  script:\n    - !reference [.login, script]\n    - docker push x:1\n",
    "repos/ci/common.yml": ".login:\n  script: [docker login]\n",
    "repos/ci/templates/scan.yml": "spec: {inputs: {x: {default: y}}}\n---\nscan:\n  script: trivy image --exit-code 1 x:1\n",
    "repos/ci/.gitlab-ci.yml": "test:\n  script: echo\n",
}


def test_files_of_another_scanned_gitlab_project_are_merged_in(tmp_path: Path) -> None:
    app, ci = scan(write(tmp_path, {"repos/app/.gitlab-ci.yml": GITLAB, **SHARED})).repositories
    found = {(a.purpose, a.at.path, a.at.line, a.job, a.on(Event.TAG), a.on(Event.PUSH)) for a in app.of(Activity)}
    assert (Purpose.PUSH_IMAGE, ".gitlab-ci.yml", 2, "publish", True, False) in found
    assert (Purpose.SCAN_IMAGE, ".gitlab-ci.yml", 4, "scan", False, True) in found
    assert app.of(Pipeline)[0].unresolved == ("acme/gone:/x.yml",)
    assert not any(activity.purpose is Purpose.PUSH_IMAGE for activity in ci.of(Activity))


def test_a_project_of_the_same_name_elsewhere_is_not_taken_for_it(tmp_path: Path) -> None:
    write(tmp_path, {"repos/app/.gitlab-ci.yml": GITLAB, **SHARED})
    app, ci = (scan_repository(tmp_path / "repos" / name) for name in ("app", "ci"))
    other = msgspec.structs.replace(ci, remote="https://gitlab.example/others/ci.git")
    whole = Organization(at=Place("", ""), name="acme", repositories=(app, other))
    joined = derive_organization(whole).repositories[0]
    assert not joined.of(Activity)
    assert "acme/ci:/image.yml" in joined.of(Pipeline)[0].unresolved


def test_projects_that_include_each_other_end(tmp_path: Path) -> None:
    files = {
        "repos/app/.gitlab-ci.yml": "include: {project: acme/ci, file: a.yml}\nb:\n  extends: .a\n",
        "repos/ci/a.yml": "include: {project: acme/app, file: .gitlab-ci.yml}\n.a:\n  extends: b\n  script: docker push x:1\n",
    }
    app, _ = scan(write(tmp_path, files)).repositories
    assert [(a.purpose, a.job) for a in app.of(Activity)] == [(Purpose.PUSH_IMAGE, "b")]
