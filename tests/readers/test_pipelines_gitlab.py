"""GitLab's files, and the pipeline they merge into."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.facts.pipelines import Event, GitlabFile, Pipeline, Trigger
from tests.organizations import read, scan_repository, write


def file(text: str) -> GitlabFile:
    (found,) = read("gitlab-ci", ".gitlab-ci.yml", text)
    assert isinstance(found, GitlabFile)
    return found


def pipelines(root: Path, files: dict[str, str]) -> tuple[Pipeline, ...]:
    return scan_repository(write(root, files)).of(Pipeline)


def argvs(pipeline: Pipeline, job: str) -> list[tuple[str, ...]]:
    return [c.argv for j, step in pipeline.steps if j.id == job for c in step.commands]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]", {Event.PULL_REQUEST}),
        ("rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]", {Event.SCHEDULE}),
        ("rules: [{if: $CI_COMMIT_TAG}]", {Event.TAG}),
        ("rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]", {Event.PUSH}),
        ("rules: [{if: $CI_PIPELINE_SOURCE == 'schedule', when: never}, {when: always}]", {Event.PUSH, Event.PULL_REQUEST}),
        ("only: [merge_requests, schedules]", {Event.PULL_REQUEST, Event.SCHEDULE}),
        ("only: [main]", {Event.PUSH}),
        ("only: {refs: [tags]}", {Event.TAG}),
    ],
)
def test_rules_and_only_say_what_starts_a_job(rules: str, expected: set[Event]) -> None:
    triggers = file(f"a:\n  script: x\n  {rules}\n").jobs[0].triggers
    assert {trigger.event for trigger in triggers or ()} == expected


def test_a_branch_is_kept() -> None:
    assert file("a:\n  script: x\n  only: [main]\n").jobs[0].triggers == (Trigger(Event.PUSH, ("main",)),)


def test_a_job_takes_what_it_does_not_set_from_what_it_extends(tmp_path: Path) -> None:
    (pipeline,) = pipelines(
        tmp_path,
        {
            ".gitlab-ci.yml": "include: [local: /ci/base.yml]\ndefault:\n  before_script: [setup]\nplan:\n  extends: .tf\n  script:\n    - terraform plan\n",
            "ci/base.yml": ".tf:\n  image: hashicorp/terraform\n  script: [nothing]\n",
        },
    )
    assert [job.id for job in pipeline.jobs] == ["plan"]
    assert pipeline.jobs[0].image == "hashicorp/terraform"
    assert argvs(pipeline, "plan") == [("setup",), ("terraform", "plan")]


def test_a_reference_is_put_in_where_it_stands(tmp_path: Path) -> None:
    text = ".login:\n  script:\n    - docker login\npush:\n  script:\n    - first\n    - !reference [.login, script]\n    - docker push x\n"
    (pipeline,) = pipelines(tmp_path, {".gitlab-ci.yml": text})
    assert argvs(pipeline, "push") == [("first",), ("docker", "login"), ("docker", "push", "x")]


def test_jobs_that_extend_or_refer_to_each_other_do_not_hang(tmp_path: Path) -> None:
    text = "".join(
        f"j{n}:\n  extends: [j0, j1, j2, j3]\n  script:\n    - !reference [j{(n + 1) % 4}, script]\n    - !reference [j0, script]\n"
        for n in range(4)
    )
    (pipeline,) = pipelines(tmp_path, {".gitlab-ci.yml": text})
    assert len(pipeline.jobs) == 4


def test_includes_from_elsewhere_stay_unresolved(tmp_path: Path) -> None:
    text = "include:\n  - template: Jobs/Build.gitlab-ci.yml\n  - project: acme/ci\n    file: [/a.yml]\n  - component: gitlab.com/acme/scan@1\n"
    (pipeline,) = pipelines(tmp_path, {".gitlab-ci.yml": text})
    assert pipeline.unresolved == ("Jobs/Build.gitlab-ci.yml", "acme/ci:/a.yml", "gitlab.com/acme/scan@1")


def test_a_child_pipeline_starts_as_its_parent(tmp_path: Path) -> None:
    found = pipelines(
        tmp_path,
        {
            ".gitlab-ci.yml": "child:\n  trigger:\n    include: ci/child.yml\n  rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]\n",
            "ci/child.yml": "drift:\n  script: terraform plan\n",
        },
    )
    assert [(p.at.path, p.triggers) for p in found if p.jobs] == [("ci/child.yml", (Trigger(Event.SCHEDULE),))]


def test_a_file_nobody_includes_is_no_pipeline(tmp_path: Path) -> None:
    assert pipelines(tmp_path, {"sub/.gitlab-ci.yml": "a:\n  script: docker push x\n"}) == ()


@pytest.mark.parametrize(
    "text", ["services:\n  a:\n    extends: b\n    image: c\n", "apiVersion: v1\nkind: X\nscript:\n  script: y\n"]
)
def test_files_of_other_systems_are_not_taken_for_gitlab(text: str) -> None:
    assert read("gitlab-ci", "compose.yml", text) == []
