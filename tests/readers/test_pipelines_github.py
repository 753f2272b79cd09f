"""GitHub workflows and actions as pipelines."""

from __future__ import annotations

import pytest

from assessor.facts.pipelines import Event, Pipeline, Runnable, Trigger
from tests.organizations import read

PATH = ".github/workflows/ci.yml"


def workflow(text: str) -> Pipeline:
    (found,) = read("github-actions", PATH, text)
    assert isinstance(found, Pipeline)
    return found


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("on: push", [Trigger(Event.PUSH)]),
        ("on: [push, pull_request]", [Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST)]),
        ('"on": {pull_request: }', [Trigger(Event.PULL_REQUEST)]),
        ("on:\n  pull_request:\n    branches: [main]\n    paths: [k8s/**]", [Trigger(Event.PULL_REQUEST, ("main",), ("k8s/**",))]),
        ("on:\n  push:\n    tags: ['v*']", [Trigger(Event.TAG, ("v*",))]),
        ("on:\n  push:\n    tags: ['v*']\n    branches: [main]", [Trigger(Event.TAG, ("v*",)), Trigger(Event.PUSH, ("main",))]),
        ("on:\n  schedule:\n    - cron: '1 2 * * *'\n    - cron: '3 4 * * *'", [Trigger(Event.SCHEDULE, cron="1 2 * * *"), Trigger(Event.SCHEDULE, cron="3 4 * * *")]),
        ("on: {workflow_call: , workflow_dispatch: }", [Trigger(Event.CALL), Trigger(Event.MANUAL)]),
        ("on: workflow_run", [Trigger(Event.OTHER)]),
    ],
)  # fmt: skip
def test_triggers_are_read_in_every_shape(on: str, expected: list[Trigger]) -> None:
    assert list(workflow(f"{on}\njobs: {{a: {{steps: []}}}}").triggers) == expected


def test_commands_stand_at_their_own_lines() -> None:
    pipeline = workflow("on: push\njobs:\n  a:\n    steps:\n      - run: |\n          make x\n          docker push y\n")
    assert [(c.argv, c.at.line) for _, s in pipeline.steps for c in s.commands] == [
        (("make", "x"), 6),
        (("docker", "push", "y"), 7),
    ]


def test_a_working_directory_comes_from_step_job_or_workflow() -> None:
    pipeline = workflow(
        "defaults: {run: {working-directory: a}}\non: push\njobs:\n  x:\n    steps:\n      - run: one\n      - run: two\n        working-directory: ./b\n"
        "  y:\n    defaults: {run: {working-directory: c}}\n    steps:\n      - run: three\n"
    )
    assert [step.folder for _, step in pipeline.steps] == ["a", "b", "c"]


def test_an_image_that_is_used_as_a_step_is_the_command_it_runs() -> None:
    pipeline = workflow(
        "on: push\njobs:\n  a:\n    steps:\n      - uses: docker://aquasec/trivy:0.60.0\n        with:\n          args: image app:1\n"
    )
    assert [c.argv for _, s in pipeline.steps for c in s.commands] == [("trivy", "image", "app:1")]


def test_a_reusable_workflow_is_named_by_its_job() -> None:
    job = workflow("on: push\njobs:\n  a:\n    uses: acme/ci/.github/workflows/x.yml@v1\n    with: {push: true}\n").jobs[0]
    assert (job.uses, job.steps[0].inputs) == ("acme/ci/.github/workflows/x.yml@v1", {"push": "true"})


def test_an_action_is_known_by_its_folder() -> None:
    (action,) = read(
        "github-composite-action", ".github/actions/setup/action.yml", "runs:\n  using: composite\n  steps:\n    - run: make x\n"
    )
    assert isinstance(action, Runnable)
    assert (action.runner, action.name, action.steps[0].commands[0].argv) == ("action", ".github/actions/setup", ("make", "x"))


def test_secrets_do_not_get_into_facts() -> None:
    pipeline = workflow(
        "on: push\njobs:\n  a:\n    steps:\n      - run: x\n        env: {DB_PASSWORD: hunter2hunter2, TOKEN: '${{ secrets.T }}'}\n"
    )
    assert pipeline.jobs[0].steps[0].environment == {"DB_PASSWORD": "«redacted»", "TOKEN": "${{ secrets.T }}"}
