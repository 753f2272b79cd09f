"""What every reader rests on: sources of any bytes, and finding the readers of a path."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.parsing.globs import matches
from assessor.reading import EXCERPT, Dispatch, Reader, Source, parent, reader, strings
from assessor.redaction import MARK
from assessor.registry import load_readers


def source(content: str | bytes, path: str = "a.txt") -> Source:
    return Source("r", path, content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"gr\xc3\xb6\xc3\x9fe\nb",
        b"\xef\xbb\xbfgr\xc3\xb6\xc3\x9fe\r\nb",
        "größe\nb".encode("utf-16"),
        b"\xfe\xff" + "größe\r\nb".encode("utf-16-be"),
    ],
)
def test_text_of_any_common_encoding_is_read(data: bytes) -> None:
    assert source(data).lines == ["größe", "b"]


def test_bytes_that_are_no_text_cost_themselves_only() -> None:
    assert source(b"a\xffb\xc3").text == "a\ufffdb\ufffd"
    with pytest.raises(ParseError, match="binary content"):
        _ = source(b"\x7fELF\0\0").text


def test_a_path_has_a_name_and_a_folder() -> None:
    assert (source("", "a/b/c.tf").name, source("", "a/b/c.tf").folder, source("", "c.tf").folder) == ("c.tf", "a/b", "")
    assert [parent(path) for path in ("a/b/c", "a", "")] == ["a/b", "", ""]


def test_an_excerpt_is_one_short_line_without_secrets() -> None:
    secret = "ghp_" + "aB3d" * 9
    found = source(f"one\n\t  two\x1b[31m \u202e {secret}\t!\n" + "x" * 9000)
    assert found.place(2).excerpt == rf"two\x1b[31m \u202e {MARK} !"
    assert found.place(3).excerpt == "x" * EXCERPT
    assert [found.place(line).excerpt for line in (0, -1, 4, 99)] == [""] * 4


def test_a_secret_at_the_end_of_an_excerpt_is_not_cut_in_two() -> None:
    secret = "ghp_" + "aB3d" * 9
    for start in range(EXCERPT - 45, EXCERPT + 5):
        assert "aB3d" not in source("x " * (start // 2) + secret).place(1).excerpt


def test_json_is_read_with_comments_trailing_commas_and_half_characters() -> None:
    assert source('{"a": 1, /* one\n */ "b": ["x // y", "/*",], // two\n}').json == {"a": 1, "b": ["x // y", "/*"]}
    assert source(r'{"a": "\ud83d\ude00", "b": "x\ud800y"}').json == {"a": "😀", "b": "x?y"}
    assert source("[1,]").problems == {}


def test_broken_json_and_toml_are_problems_with_a_line() -> None:
    found = source('{\n  "a": 1,\n  "b" 2\n}')
    assert found.json is None
    assert found.problems["json"].line == 3
    found = source("a = 1\nb = = 2\n")
    assert found.toml == {}
    assert found.problems["toml"].line == 2


def test_a_comment_that_only_one_reading_accepts_is_no_problem() -> None:
    found = source("// tsconfig\n{}")
    assert found.json == {}
    assert found.problems == {}


def test_a_broken_yaml_keeps_what_stands_before_and_is_a_problem() -> None:
    found = source("a: 1\n---\nb: [\n")
    assert [document.value for document in found.documents] == [{"a": 1}]
    assert found.problems["yaml"].line > 2


MANY = 100_000
HOSTILE_JSON = ["[" * MANY, '{"a":' * MANY, '"' + '\\"' * MANY, "/*" * MANY, "//" * MANY, ", " * MANY, '"\\' * MANY, "[" + "1," * MANY, '"' * MANY, "1" * MANY, "\\" * MANY, '[' + " " * MANY]  # fmt: skip
HOSTILE_TOML = [
    "a = " + "[" * MANY, "a = " + "{a=" * MANY, "[" * MANY, "[" + "a." * MANY + "a]", "a." * MANY + "a = 1", '"a".' * MANY + "a = 1", "a = '''" + "'" * MANY,
    "a = 1" + "_1" * MANY, "[a.b]\n" * MANY, "a = {" + "b." * MANY, "x" * MANY, "'" * MANY, '"' + '\\"' * MANY, "#" * MANY, "[[a]]\n" * (MANY // 10), "\r" * MANY,
]  # fmt: skip
HOSTILE_YAML = [
    "[" * MANY, "{" * MANY, "- " * MANY, "? " * MANY, "a: " * MANY, "{{" * MANY, "{{ " * MANY + "}}", "{{" + " " * MANY, "}}" * MANY, "{{x}} " * (MANY // 10), "&a " * MANY,
    "*a " * MANY, "!" * MANY, "---\n" * (MANY // 10), "|" * MANY, '"' * MANY, "'" * MANY, "%" * MANY, "#" * MANY, "\t" * MANY, "a: |\n" + " x\n" * MANY, "\u2028" * MANY,
    "{{ if }}\n" * (MANY // 10), "{{/* " * MANY, "{{- `" * MANY, "a: b: " * MANY, ": " * MANY, "!!binary " * MANY, "<<: *a\n" * MANY, "&a [*a]" * MANY,
    "a: &a [1,1]\n" + "".join(f"b{n}: &b{n} [" + ",".join(["*b" + str(n - 1) if n else "*a"] * 9) + "]\n" for n in range(40)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kind, text)
        for kind, texts in (("json", HOSTILE_JSON), ("toml", HOSTILE_TOML), ("documents", HOSTILE_YAML))
        for text in texts
    ],
    ids=lambda value: repr(value[:12]),
)
def test_hostile_text_is_parsed_or_refused_within_a_second(kind: str, text: str) -> None:
    for path in ("a.txt", "chart/templates/a.yaml"):
        found = source(text, path)
        started = time.process_time()
        getattr(found, kind)
        assert time.process_time() - started < 10


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_a_source(data: bytes) -> None:
    found = source(data)
    for kind in ("documents", "yaml", "json", "toml", "lines"):
        with contextlib.suppress(ParseError):  # binary content
            getattr(found, kind)


GLOBS = {
    "*.tf": ["a.tf", "x/y/A.TF"], "Dockerfile*": ["Dockerfile", "x/dockerfile.dev"], "Chart.yaml": ["Chart.yaml", "a/chart.yaml"],
    "a/*.yaml": ["a/x.yaml"], "**/a/*.yaml": ["a/x.yaml", "q/r/a/x.yaml"], "**/b/**": ["b/x", "a/b/c/d"], ".{github,gitea}/x/*.y?ml": [".github/x/a.yaml", ".gitea/x/b.YAML"],
    "*compose*.{yml,yaml}": ["x/docker-compose.yml", "compose.dev.yaml"], "[a].tf": ["[a].tf"], "BUILD": ["x/BUILD"], "*": ["anything", "a/b"], "a.b+c": ["a.b+c"],
}  # fmt: skip
OTHERS = [
    "a.tfx",
    "tf",
    "xDockerfile",
    "Chart.yaml.bak",
    "q/a/b.yml",
    "ba/x.yaml",
    ".gitlab/x/a.yaml",
    "composer.json",
    "a.tf/x",
    "axb+c",
    "bc",
]


def test_globs_match_names_or_whole_paths() -> None:
    for pattern, paths in GLOBS.items():
        assert all(matches(path, pattern) for path in paths), pattern
    assert [pattern for pattern in GLOBS for path in OTHERS if matches(path, pattern) and pattern != "*"] == []


def test_the_readers_found_are_those_whose_patterns_match_in_their_order() -> None:
    @reader("any", names=GLOBS)
    def read(source: Source) -> Iterator[Fact]:
        yield from ()

    single = [Reader(str(number), (pattern,), read.read) for number, pattern in enumerate(GLOBS)]
    readers = [*single, read, *load_readers().values()]
    dispatch = Dispatch(readers)
    for path in [*OTHERS, *(path for paths in GLOBS.values() for path in paths), "", "/", ".", "a/", "x.", "ünï.tf", "a\nb.tf"]:
        assert dispatch(path) == [each for each in readers if each.reads(path)], path


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "Chart",
                "docker-compose",
                ".github",
                "workflows",
                "templates",
                "values",
                ".",
                "/",
                "yaml",
                "tf",
                "json",
                "-",
                "Dockerfile",
            ]
        )
    )
)
def test_the_readers_found_of_any_path_are_those_whose_patterns_match(parts: list[str]) -> None:
    path = "".join(parts)
    readers = list(load_readers().values())
    assert Dispatch(readers)(path) == [each for each in readers if each.reads(path)]


def test_files_that_interest_nobody_cost_almost_nothing() -> None:
    dispatch = Dispatch(load_readers().values())
    paths = [f"src/main/resources/{folder}/image{n}.png" for folder in "abcdefghij" for n in range(2000)]
    started = time.process_time()
    assert not any(dispatch(path) for path in paths)
    assert time.process_time() - started < 10


def test_strings_are_found_in_scalars_and_lists() -> None:
    assert list(strings(["a", 1, ["b", None, ("c",)], {"d": "e"}])) == ["a", "b", "c"]
    assert list(strings("a")) == ["a"]
