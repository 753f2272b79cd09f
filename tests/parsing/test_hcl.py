"""HCL becomes blocks and attributes with lines; broken and hostile text keeps what can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.parsing import hcl, hcl_json, yaml
from assessor.parsing.hcl import Value

EXAMPLE = """\
terraform {
  backend "s3" {
    bucket = "state"
    encrypt = true
  }
}

resource "aws_instance" "web" {
  count = 2
  tags  = { Name = "web", "cost:center" = 7, (var.key) = null }
  ports = [80, -1.5, var.port]
  user_data = <<-EOT
    #!/bin/sh
      echo ${var.name}
  EOT
}
"""


def value(text: str) -> Value:
    return hcl.parse(f"a = {text}\n".encode()).get("a")


def test_blocks_know_their_labels_and_lines() -> None:
    root = hcl.parse(EXAMPLE.encode())
    resource = root.first("resource")
    assert resource is not None
    assert (resource.labels, resource.line, resource.line_of("ports")) == (("aws_instance", "web"), 8, 11)
    backend = next(block for top in root.of("terraform") for block in top.of("backend"))
    assert (backend.label(0), backend.get("encrypt"), backend.line) == ("s3", True, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a\\n\\"b\\" \\u00e9"', 'a\n"b" é'),
        ("12", 12),
        ("-1.5", -1.5),
        ("false", False),
        ("null", None),
        ("[1, [true], { a = 1 }]", [1, [True], {"a": 1}]),
        ('{ a = "x", "b" : 2 }', {"a": "x", "b": 2}),
        ("var.name", "${var.name}"),
        ('"pre-${var.name}"', "pre-${var.name}"),
        ("merge(local.a, { b = 1 })", "${merge(local.a, { b = 1 })}"),
        ("var.a ? 1 : 2", "${var.a ? 1 : 2}"),
        ("<<EOT\n  kept\nEOT", "  kept\n"),
        ("<<-EOT\n    one\n      two\n  EOT", "one\n  two\n"),
        ('""', ""),
    ],
)
def test_literals_become_values_and_the_rest_stays_text(text: str, expected: Value) -> None:
    assert value(text) == expected


def test_only_text_with_a_reference_is_dynamic() -> None:
    assert hcl.is_dynamic(value("var.x"))
    assert not hcl.is_dynamic(value('"plain"'))


def test_a_comment_is_not_a_block() -> None:
    assert hcl.parse(b'# backend "s3" {}\n/* resource "a" "b" {} */\n// x = 1\n').blocks == []


def test_an_unclosed_block_keeps_what_it_holds_and_is_reported() -> None:
    root = hcl.parse(b'resource "a" "b" {\n  size = 1\n  nested {\n    deep = 2\n')
    assert root.error is not None
    resource = root.first("resource")
    assert resource is not None
    assert resource.get("size") == 1


def test_a_broken_line_does_not_cost_the_blocks_after_it() -> None:
    root = hcl.parse(b'resource "a" "b" {\n  size = = 1\n}\n\nresource "c" "d" {\n  size = 2\n}\n')
    assert root.error is not None
    assert root.error.line == 2
    assert [block.label(0) for block in root.of("resource")] == ["a", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a {" * 50_000,
        'a = "${' * 5_000,
        "a = " + "(" * 50_000 + "1" + ")" * 50_000,
        "a = <<EOT\n" * 5_000,
        '}{]"' * 20_000,
    ],
    ids=["brackets", "blocks", "templates", "parentheses", "heredocs", "noise"],
)
def test_deep_nesting_neither_crashes_nor_recurses(text: str) -> None:
    root = hcl.parse(text.encode())
    assert root.error is not None or len(hcl.as_text(root.get("a"))) <= hcl.MAX_DYNAMIC + 3


def test_values_nested_too_deep_become_text() -> None:
    nested = value("[" * 60 + "1" + "]" * 60)
    for _ in range(hcl.MAX_DEPTH + 1):
        assert isinstance(nested, list)
        nested = nested[0]
    assert hcl.is_dynamic(nested)


def test_a_file_too_large_to_be_written_by_hand_is_reported_unread() -> None:
    root = hcl.parse(b"a = 1\n" * 200_000)
    assert root.error is not None
    assert root.attributes == {}


@pytest.mark.parametrize("text", ['"a"\n' * 100_000, "\u2028\n" * 100_000], ids=["strings", "blanks"])
def test_what_takes_the_parser_the_square_of_its_size_is_given_up(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hcl, "SECONDS", 0.1)
    root = hcl.parse(text.encode())
    assert root.error is not None
    assert "takes longer" in str(root.error)
    assert root.blocks == []


def test_the_json_syntax_gives_the_same_blocks() -> None:
    text = """{
  "terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": {"aws": {"version": "~> 6.0"}}},
  "resource": {"aws_s3_bucket": {"logs": {"bucket": "logs", "versioning": [{"enabled": true}]}}},
  "module": {"vpc": {"source": "./vpc"}}
}"""
    root = hcl_json.parse(yaml.parse(text).documents[0].value)
    terraform = root.first("terraform")
    assert terraform is not None
    assert [b.label(0) for b in terraform.of("backend")] == ["s3"]
    resource = root.first("resource")
    assert resource is not None
    assert (resource.labels, resource.line, resource.text("bucket")) == (("aws_s3_bucket", "logs"), 3, "logs")


@given(st.text(alphabet=st.sampled_from('ab="${}[]()<-EOT\n#/\\ :,.?1é\x00')))
def test_any_text_is_survived(text: str) -> None:
    stack = [hcl.parse(text.encode())]
    while stack:
        block = stack.pop()
        stack += block.blocks
        for attribute in block.attributes.values():
            hcl.as_text(attribute.value)


@given(st.data())
def test_a_valid_file_with_a_piece_cut_out_is_survived(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EXAMPLE)))
    end = data.draw(st.integers(start, len(EXAMPLE)))
    root = hcl.parse((EXAMPLE[:start] + EXAMPLE[end:]).encode())
    for block in root.blocks:
        for attribute in block.attributes.values():
            hcl.as_text(attribute.value)
