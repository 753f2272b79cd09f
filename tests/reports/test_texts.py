"""The renderers that write text for people and bots: terminal, Markdown, JSON."""

from __future__ import annotations

import re
from html import unescape

import msgspec
import pytest
from markdown_it import MarkdownIt

from assessor.model import Action, Assessment, Contradiction, Evidence, Finding, Status
from assessor.registry import load_entry

from .sample import HOSTILE_NAMES, assessment, empty

table, markdown, json = (load_entry("gitops_assess.reports", name) for name in ("table", "markdown", "json"))


def test_the_terminal_says_first_where_we_stand() -> None:
    lines = table(assessment(), ascii=False).splitlines()
    assert lines[2] == "Level 3 of 5: applications run on a declared Kubernetes platform"
    assert lines[3].startswith("Score 68.")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("hostile", [False, True])
def test_no_line_of_a_terminal_is_too_long_except_commands(width: int, hostile: bool) -> None:
    text = table(assessment(hostile=hostile), width=width, ascii=False, baseline=assessment(seed=3))
    assert [line for line in text.splitlines() if len(line) > max(width, 60) and "$ " not in line] == []


def test_without_colour_a_terminal_gets_plain_ascii() -> None:
    text = table(assessment(hostile=True))
    assert text.isascii()
    assert text.isprintable() or set(text) - set(map(chr, range(32, 127))) == {"\n"}


def test_with_colour_the_only_control_sequences_are_our_own() -> None:
    text = table(assessment(hostile=True), color=True)
    assert "\x1b[" in text
    assert set(re.sub(r"\x1b\[[0-9;]+m", "", text)) & set(map(chr, range(32))) == {"\n"}


def test_the_terminal_shows_five_actions_with_their_commands_and_counts_the_rest() -> None:
    text = table(assessment(), ascii=False)
    assert "$ gitops-assess scaffold step 5 --only drift-detection" in text
    assert "+6.4 points, takes hours" in text
    assert "    7 more in the full report" in text.splitlines()


def test_a_check_that_raised_is_shown_as_a_defect_on_the_terminal() -> None:
    base = assessment()
    broken = msgspec.structs.replace(base.findings[0], status=Status.ERROR, summary="the check failed: KeyError")
    text = table(msgspec.structs.replace(base, findings=(broken,)))
    assert f"! {broken.check}: the check failed: KeyError" in text


def test_json_is_the_published_format_and_reads_back() -> None:
    for one in (assessment(), assessment(hostile=True), empty()):
        assert msgspec.json.decode(json(one), type=Assessment) == one


def test_json_survives_a_file_name_that_is_not_text() -> None:
    base = assessment()
    odd = msgspec.structs.replace(base, notes=("caf\udce9.tf",))
    assert '"caf?.tf"' in json(odd)


def test_the_comment_starts_with_the_marker_a_bot_looks_for() -> None:
    assert markdown(assessment()).splitlines()[0] == "<!-- gitops-assess:summary -->"


def test_the_comment_fits_whatever_the_organization() -> None:
    large, before = assessment(repositories=60, hostile=True), assessment(repositories=60, hostile=True, seed=3)
    long = tuple(msgspec.structs.replace(f, summary="*" * 9_000, title="|" * 9_000) for f in large.findings)
    action = Action(
        check="x", title="#" * 9_000, step=1, gain=1.0, level_after=1, effort=1, repositories=HOSTILE_NAMES, summary="@" * 9_000,
        command="`" * 9_000,
    )  # fmt: skip
    text = markdown(msgspec.structs.replace(large, findings=long, actions=(action,) * 9), baseline=before)
    assert len(text) <= 60_000
    assert text.count("<details>") == text.count("</details>")


def test_the_comment_tells_the_difference_to_a_baseline_with_links() -> None:
    text = markdown(assessment(), baseline=assessment(seed=3, date="2026-10-01"))
    assert "**Since 2026-10-01: +" in text
    assert "### Regressed" in text
    assert re.search(r"\[`terraform/[^`]+:\d+`\]\(https://github\.com/acme-commerce/[^)]+#L\d+\)", text)
    assert "No verdict changed since 2026-11-23" in markdown(assessment(), baseline=assessment())


def test_contradictions_are_told_with_both_sides_in_the_comment_and_on_the_terminal() -> None:
    for text in (markdown(assessment()), table(assessment(), width=120)):
        assert "Declared against observed" in text
        assert "Drifted" in text
        assert "Running, not declared" in text
        assert "Kubernetes: prod/argocd/Application/web-shop" in text
        assert "AWS: arn:aws:s3:::acme-state" in text
    assert "[`GitHub: https://github.com/acme/shop/settings/rules`](https://github.com/acme/shop/settings/rules)" in markdown(
        assessment()
    )


def test_without_contradictions_nothing_is_said_of_them() -> None:
    plain = msgspec.structs.replace(assessment(), contradictions=())
    assert "observed:" not in table(plain)
    assert "### Declared" not in markdown(plain)


def _finding(text: str) -> Finding:
    base = assessment().findings[0]
    return msgspec.structs.replace(base, repository=text, title=text, summary=text, status=Status.FAIL, score=0.0)


@pytest.mark.parametrize(
    "text", [*HOSTILE_NAMES, "@acme/owners #12 https://evil.example ![x](http://evil.example/p.png) **b** `c`"]
)
def test_hostile_text_neither_formats_nor_links_nor_mentions_in_the_comment(text: str) -> None:
    seen = Evidence(text, 0, text, text, "kubernetes")
    odd = Contradiction(
        name=text, subject=text, summary=text, step=4, declared=seen, observed=Evidence(text, 0, text, text, "github")
    )
    hostile = msgspec.structs.replace(
        assessment(repositories=1), repositories=(), findings=(_finding(text),), actions=(), contradictions=(odd,)
    )
    rendered = markdown(hostile, baseline=empty())
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered)
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in inline} <= {
        "text",
        "softbreak",
        "code_inline",
        "text_special",
        "strong_open",
        "strong_close",
        "html_inline",
    }
    assert {token.content for token in inline if token.type == "html_inline"} <= {"<sub>", "</sub>"}
    prose = unescape("".join(token.content for token in inline if token.type in ("text", "text_special")))
    assert not re.search(r"(?:^|\W)@\w|#\d|://\w|www\.", prose)


def test_of_what_does_not_apply_nothing_is_called_unseen() -> None:
    one = assessment()
    step = one.organization.steps[1]
    tasks = tuple(
        msgspec.structs.replace(task, status=Status.NOT_APPLICABLE, score=None, coverage=0.0, checks=()) for task in step.tasks
    )
    steps = (msgspec.structs.replace(step, score=None, coverage=0.0, applicable=False, reached=False, held_by=(), tasks=tasks),)
    text = table(msgspec.structs.replace(one, organization=msgspec.structs.replace(one.organization, steps=steps)))
    assert "does not apply" in text
    assert "unseen" not in text
