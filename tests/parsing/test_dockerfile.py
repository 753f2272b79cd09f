from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.facts.containers import Dockerfile
from assessor.parsing.dockerfile import assignments, parse, resolve, variant_of
from assessor.parsing.images import parse_image, repository_of
from tests.organizations import read


def dockerfile(text: str, path: str = "Dockerfile") -> Dockerfile:
    (fact,) = read("dockerfile", path, text)
    assert isinstance(fact, Dockerfile)
    return fact


def test_continuations_keep_the_line_they_start_on_and_drop_comments_and_blank_lines() -> None:
    found = parse("FROM a\n\nRUN one \\\n  # a comment\n\n  && two\nUSER x\n")
    assert [(i.keyword, i.value, i.line) for i in found] == [("FROM", "a", 1), ("RUN", "one && two", 3), ("USER", "x", 7)]


def test_the_escape_directive_changes_the_continuation_character() -> None:
    found = parse("# escape=`\nFROM a\nRUN dir C:\\\nRUN x `\n y\n")
    assert [i.value for i in found] == ["a", "dir C:\\", "x  y".replace("  ", " ")]


def test_a_directive_after_a_comment_is_only_a_comment() -> None:
    assert [i.value for i in parse("# hello\n# escape=`\nFROM a\nRUN x \\\n y\n")] == ["a", "x y"]


def test_heredocs_are_bodies_not_instructions() -> None:
    found = parse("FROM a\nRUN <<EOT bash\nFROM fake\nUSER root\nEOT\nCOPY <<-'ONE' <<TWO /x/\n\ta\n\tONE\nb\nTWO\nUSER app\n")
    assert [(i.keyword, i.line) for i in found] == [("FROM", 1), ("RUN", 2), ("COPY", 6), ("USER", 11)]
    assert found[1].heredocs == ("FROM fake\nUSER root",)


def test_a_heredoc_that_never_ends_swallows_nothing() -> None:
    assert [i.keyword for i in parse("FROM a\nRUN echo $((1<<SHIFT))\nUSER app\n")] == ["FROM", "RUN", "USER"]


def test_keywords_may_be_written_in_any_case_and_arguments_as_json() -> None:
    fact = dockerfile('from alpine:3 as Base\ncopy ["a b", "c", "/x/"]\nexpose 80/tcp 443\nfrom base\n')
    assert fact.copies == ("a b", "c")
    assert fact.ports == ("80/tcp", "443")
    assert [(s.base, s.name, s.from_stage) for s in fact.stages] == [("alpine:3", "Base", False), ("base", "", True)]
    assert [s.base for s in fact.final] == ["base", "alpine:3"]


def test_only_arguments_before_the_first_from_resolve_in_a_base() -> None:
    fact = dockerfile('ARG A=1 B="2"\nARG C=$A.$B\nFROM x:${C}\nARG D=9\nFROM y:${D}\nFROM z:${E:-5}\nFROM ${F}\n')
    assert [(s.base, s.dynamic) for s in fact.stages] == [("x:1.2", False), ("y:${D}", True), ("z:5", False), ("${F}", True)]


def test_a_copy_from_a_stage_an_address_or_a_heredoc_is_not_own_content() -> None:
    fact = dockerfile("FROM a\nCOPY --from=b /x /y\nADD https://example.com/f /f\nCOPY <<E /z\nt\nE\nONBUILD COPY . /app\n")
    assert fact.copies == ()
    assert not fact.holds_own_content


def test_a_bound_context_is_own_content() -> None:
    assert dockerfile("FROM a\nRUN --mount=type=bind,target=. make\n").holds_own_content
    assert not dockerfile("FROM a\nRUN --mount=type=cache,target=/c make\n").holds_own_content


def test_a_user_is_resolved_from_the_environment_of_its_stage() -> None:
    fact = dockerfile("ARG UID=7\nFROM a\nARG UID\nENV GROUP g\nUSER ${UID}:$GROUP\n")
    assert (fact.stages[0].user, fact.stages[0].user_line) == ("7:g", 5)


@pytest.mark.parametrize(
    ("path", "development"),
    [
        ("Dockerfile", False),
        ("src/loadgenerator/Dockerfile", False),
        ("load-tester/Dockerfile", False),
        ("build/Dockerfile", False),
        ("Dockerfile.alpine", False),
        ("gitops-server.dockerfile", False),
        ("Containerfile", False),
        ("src/cart/Dockerfile.debug", True),
        (".devcontainer/Dockerfile", True),
        (".github/workflows/ui-tests/Dockerfile", True),
        ("dev.dockerfile", True),
        ("Dockerfile-test", True),
        ("app/Dockerfile.cypress", True),
        ("hack/tool/Dockerfile", True),
        ("ci/Dockerfile", True),
    ],
)
def test_development_images_are_told_by_name_and_folder(path: str, development: bool) -> None:
    assert dockerfile("FROM a\nCOPY . .\n", path).development is development


@pytest.mark.parametrize(
    ("command", "development"),
    [
        ('CMD ["bash", "-c", "ruby /src/test/runner.rb"]', True),
        ("ENTRYPOINT pytest -q", True),
        ('CMD ["npm", "run", "test"]', True),
        ('CMD ["npm", "start"]', False),
        ('CMD ["python", "manage.py", "runserver"]', False),
        ('CMD ["app", "--check-tests"]', False),
        ("RUN make test", False),
        ("ENTRYPOINT app\nFROM a AS test\nCMD pytest", False),
    ],
)
def test_an_image_that_only_runs_tests_is_no_product(command: str, development: bool) -> None:
    assert dockerfile(f"FROM a\nCOPY . .\n{command}\n").development is development


def test_a_pinned_test_tool_is_a_development_image() -> None:
    assert dockerfile("FROM artilleryio/artillery:2.0.22", "load/Dockerfile").development
    assert not dockerfile("FROM artilleryio/artillery:2\nCOPY scenario.yml /\n", "load/Dockerfile").development


@pytest.mark.parametrize("path", ["dockerfile.go", "Dockerfile.j2", "Dockerfile.dockerignore", "dockerfile.md"])
def test_files_that_only_bear_the_name_are_not_read(path: str) -> None:
    assert read("dockerfile", path, "FROM a\n") == []


def test_text_without_from_is_no_dockerfile() -> None:
    assert read("dockerfile", "Dockerfile", "package main\n") == []


def test_variants_are_named_before_or_after() -> None:
    assert [variant_of(p) for p in ("a/Dockerfile", "Dockerfile.debug", "api.Dockerfile", "Containerfile-x")] == [
        "",
        "debug",
        "api",
        "x",
    ]


def test_defaults_and_alternatives_resolve() -> None:
    values = {"A": "1", "E": ""}
    assert resolve("$A ${A} ${A:+x} ${N:-d} ${N-${A}} ${E:-e} ${E-e} \\$A", values) == ("1 1 x d 1 e  \\$A", False)
    assert resolve("${N}", values) == ("${N}", True)


def test_the_old_env_form_takes_the_rest_of_the_line() -> None:
    (instruction,) = parse("ENV NAME a b c")
    assert list(assignments(instruction)) == [("NAME", "a b c")]


def test_image_references_come_apart() -> None:
    found = parse_image("registry.example:5000/team/app:1.2@sha256:ab")
    assert (found.registry, found.path, found.tag, found.digest) == ("registry.example:5000", "team/app", "1.2", "sha256:ab")
    assert parse_image("team/app").registry == ""
    assert parse_image("localhost/app").path == "app"
    assert {repository_of(i) for i in ("nginx:1", "library/nginx", "docker.io/library/nginx@sha256:a")} == {"nginx"}


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" + "RUN <<A\n" * 20_000,
        "FROM a\n" + "ARG X=$X$X$X$X\n" * 20_000,
        "ARG X0=aaaaaaaaaa\n" + "".join(f"ARG X{n + 1}=$X{n}$X{n}\n" for n in range(200)) + "FROM $X200\n",
        "FROM a\nCOPY " + "[" * 100_000,
        "FROM a\nENV " + "${a:-" * 50_000,
        "FROM a\nRUN " + '"\\' * 500_000,
        "FROM a\nRUN x \\\n" * 100_000,
    ],
    ids=["heredocs", "arguments", "doubling", "json", "braces", "quotes", "continuations"],
)
def test_hostile_files_are_read_in_time(text: str) -> None:
    start = time.process_time()
    read("dockerfile", "Dockerfile", text)
    assert time.process_time() - start < 20


def test_a_long_chain_of_stages_is_followed_in_time() -> None:
    text = "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(19_000))
    (found,) = read("dockerfile", "Dockerfile", text)
    assert isinstance(found, Dockerfile)
    start = time.process_time()
    assert [stage.name for stage in found.final] == [f"s{n}" for n in range(19_000, -1, -1)]
    assert time.process_time() - start < 5


LINES = st.sampled_from(
    ["FROM a AS b", "from ${X:-y", "COPY [1, 2]", "COPY --from=b --chown x y", "RUN <<E", "E", "ONBUILD", "ENV A", "ARG =", "USER", "USER $A",
     "EXPOSE $P 99999999999999999999", "# escape=`", "RUN x \\", "HEALTHCHECK NONE", "\ufeffFROM x", "\x00"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(LINES, st.text(max_size=20))).map("\n".join)))
def test_no_text_raises(text: str) -> None:
    parse(text)
    if "\x00" not in text:
        read("dockerfile", "Dockerfile", text)
