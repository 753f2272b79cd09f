"""No content, however strange, makes a reader of pipelines or tasks raise, hang or grow without bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.organizations import read

READERS = {
    "github-actions": ".github/workflows/ci.yml",
    "github-composite-action": "action.yml",
    "gitlab-ci": ".gitlab-ci.yml",
    "azure-pipelines": "azure-pipelines.yml",
    "circleci": ".circleci/config.yml",
    "jenkins": "Jenkinsfile",
    "cloud-build": "cloudbuild.yaml",
    "drone": ".drone.yml",
    "woodpecker": ".woodpecker.yml",
    "codebuild": "buildspec.yml",
    "codebuild-inline": "template.yaml",
    "codefresh": "codefresh.yml",
    "travis": ".travis.yml",
    "bitbucket-pipelines": "bitbucket-pipelines.yml",
    "buildkite": ".buildkite/pipeline.yml",
    "tekton": ".tekton/a.yaml",
    "concourse": "ci/pipeline.yml",
    "argo-workflows": "workflow.yaml",
    "terraform-automation": "digger.yml",
    "makefile": "Makefile",
    "justfile": "justfile",
    "taskfile": "Taskfile.yml",
    "package-scripts": "package.json",
    "shell-scripts": "a.sh",
    "git-hooks": ".pre-commit-config.yaml",
    "goreleaser-steps": ".goreleaser.yml",
}
WORDS = (
    "on jobs steps run uses with env if defaults working-directory container services environment script include extends trigger rules "
    "only image variables stages task inputs template pool pr schedules extends parameters orbs workflows commands filters branches triggers "
    "name args entrypoint images kind settings when event phases build deploy pipelines default step pipe parallel command plugins "
    "apiVersion spec tasks taskSpec pipelineSpec metadata annotations projects drift scripts targets options repos hooks dockers cmds deps "
    "plan get put config platform path resources in_parallel try"
)
KEYS = WORDS.split()
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["docker push x", "tekton.dev/v1", "PipelineRun", "schedule", "run: x"])
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), max_leaves=25
)


def dump(value: object) -> str:
    """Write a value as flow YAML, without a library that would mind strange values."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(dump(item) for item in value) + "]"
    return repr(value).replace("None", "null").replace("True", "true").replace("False", "false")


@pytest.mark.parametrize("reader", READERS)
@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300)
)  # the engine refuses binary content
def test_any_text_is_read_without_an_error(reader: str, text: str) -> None:
    read(reader, READERS[reader], text)


@given(document=st.dictionaries(st.sampled_from(KEYS), documents, min_size=1, max_size=6))
def test_any_shape_is_read_without_an_error(document: dict[str, object]) -> None:
    text = dump(document)
    for reader, path in READERS.items():
        read(reader, path, text)


BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(16))
HUGE = {
    "nested lists": "[" * 100_000,
    "nested maps": "{steps: " * 50_000,
    "aliases": BOMB + "jobs: *q\nsteps: *q\nscript: *q\non: *q\n",
    "a long line": "x: " + "$(" * 2_000_000,
    "comments": "/*" * 500_000,
    "quotes": "'''" * 300_001,
    "targets": "\n".join(f"t{n}: t{n + 1}" for n in range(20_000)),
    "blank lines": "\n" * 500_000,
    "braces": "{{" * 500_000,
    "spaces": "script:" + " " * 2_000_000 + "x",
}


@pytest.mark.parametrize("what", HUGE)
def test_large_content_is_read_in_bounded_time(what: str) -> None:
    for reader, path in READERS.items():
        start = time.process_time()
        read(reader, path, HUGE[what])
        assert time.process_time() - start < 10, reader
