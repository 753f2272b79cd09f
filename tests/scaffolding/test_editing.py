"""Lines are added to a block of a file that exists, and every other byte stays."""

from __future__ import annotations

import pytest

from assessor.scaffolding.editing import add_to_block

BACKEND = """terraform {
  backend "s3" {
    bucket = "acme-state"
    key    = "terraform.tfstate"
  }
}
"""


def added(text: str) -> str | None:
    return add_to_block(text, 'backend "s3"', "use_lockfile = true")


def test_lines_go_to_the_end_of_the_block_apart_from_those_above() -> None:
    assert added(BACKEND) == BACKEND.replace('tfstate"\n', 'tfstate"\n\n    use_lockfile = true\n')


def test_lines_that_are_there_are_not_added_again() -> None:
    once = added(BACKEND)
    assert once is not None
    assert added(once) == once


def test_a_block_inside_is_passed_over_and_line_endings_stay() -> None:
    nested = BACKEND.replace('    key    = "terraform.tfstate"\n', '    assume_role {\n      role_arn = "role"\n    }\n').replace(
        "\n", "\r\n"
    )
    text = added(nested)
    assert text is not None
    assert text.endswith("    }\r\n\r\n    use_lockfile = true\r\n  }\r\n}\r\n")


@pytest.mark.parametrize(
    "text",
    [
        BACKEND + BACKEND,
        'terraform { backend "s3" {} }\n',
        'terraform {\n  backend "gcs" {\n  }\n}\n',
        'terraform {\n  # backend "s3" {\n  # }\n}\n',
        BACKEND.replace("  }\n}\n", ""),
        "",
    ],
    ids=["twice", "on one line", "another", "commented out", "without an end", "empty"],
)
def test_where_the_block_is_not_found_once_nothing_is_added(text: str) -> None:
    assert added(text) is None


def test_an_empty_block_gets_the_lines_alone() -> None:
    assert added('backend "s3" {\n}\n') == 'backend "s3" {\n  use_lockfile = true\n}\n'
