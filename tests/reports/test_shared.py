"""What all renderers share: links to forges, comparisons, words."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.comparing import GROUPS, compare
from assessor.model import Assessment, Finding, Status
from assessor.registry import load_entry

from .sample import COMMIT, assessment, empty

links: Any = import_module("assessor.reports.links")
words: Any = import_module("assessor.reports.words")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:acme/shop.git", f"https://github.com/acme/shop/blob/{COMMIT}/a%20b/main.tf#L3"),
        ("https://user:token@github.com/acme/shop", f"https://github.com/acme/shop/blob/{COMMIT}/a%20b/main.tf#L3"),
        ("ssh://git@github.com:22/acme/shop.git", f"https://github.com/acme/shop/blob/{COMMIT}/a%20b/main.tf#L3"),
        ("https://gitlab.acme.io:8443/a/b/c.git", f"https://gitlab.acme.io:8443/a/b/c/-/blob/{COMMIT}/a%20b/main.tf#L3"),
        ("git@gitlab.com:a/b/c.git", f"https://gitlab.com/a/b/c/-/blob/{COMMIT}/a%20b/main.tf#L3"),
        ("git@bitbucket.org:acme/shop.git", f"https://bitbucket.org/acme/shop/src/{COMMIT}/a%20b/main.tf#lines-3"),
        ("https://codeberg.org/acme/shop", f"https://codeberg.org/acme/shop/src/commit/{COMMIT}/a%20b/main.tf#L3"),
        (
            "git@ssh.dev.azure.com:v3/acme/My%20Project/shop",
            (
                f"https://dev.azure.com/acme/My%20Project/_git/shop?path=/a%20b/main.tf&version=GC{COMMIT}"
                "&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1"
            ),
        ),
        (
            "https://acme.visualstudio.com/shop/_git/shop",
            (
                f"https://dev.azure.com/acme/shop/_git/shop?path=/a%20b/main.tf&version=GC{COMMIT}"
                "&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1"
            ),
        ),
        ("javascript:alert(1)", ""),
        ("https://github.com/../../etc", ""),
        ("/srv/git/shop.git", ""),
        ("C:\\git\\shop", ""),
        ("https://git.unknown.example/acme/shop", ""),
        ("", ""),
    ],
)
def test_a_place_is_linked_at_the_scanned_commit_on_known_forges_only(remote: str, address: str) -> None:
    assert links.forge(remote, COMMIT).link("a b/main.tf", 3) == address


def test_a_line_of_rendered_markdown_is_linked_in_its_source_on_github() -> None:
    assert links.forge("git@github.com:a/b", COMMIT).link("README.md", 3).endswith("/README.md?plain=1#L3")


@pytest.mark.parametrize("commit", ["", "main", "4f2a91c", '"><script>'])
def test_without_a_whole_commit_there_is_no_link(commit: str) -> None:
    assert links.forge("git@github.com:a/b", commit).link("main.tf", 3) == ""


def test_what_is_not_a_file_of_the_repository_is_not_linked() -> None:
    where = links.forge("git@github.com:a/b", COMMIT)
    assert where.link("arn:aws:s3:::state", 0) == ""
    assert where.link("/etc/passwd", 1) == ""


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_link_is_https_or_nothing_whatever_remote_and_path(remote: str, path: str) -> None:
    address = links.forge(remote, COMMIT).link(path, 3)
    assert not address or address.startswith("https://")
    assert not set(address) & set("\"'<> \n")


@given(st.text(), st.integers(min_value=10, max_value=60))
def test_printable_text_is_short_and_on_one_line_and_does_nothing(text: str, limit: int) -> None:
    shown = words.printable(text, limit)
    assert len(shown) <= limit
    assert not set(shown) & set(map(chr, (*range(32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)))
    shown.encode()


def test_a_headline_share_never_rounds_to_a_perfection_that_is_not_there() -> None:
    assert [words.whole(value) for value in (0, 0.1, 54.4, 99.9, 100)] == ["0", "1", "54", "99", "100"]


def test_the_score_is_said_with_coverage_and_bounds() -> None:
    whole = msgspec.structs.replace(assessment().organization, score=61.3, coverage=82.0, bounds=(54.0, 71.0))
    said = words.score_line(msgspec.structs.replace(assessment(), organization=whole))
    assert said == "Score 61.3 of 100. Assessed 82 % of what applies; the true score lies between 54 and 71."
    assert words.score_line(empty()) == "Not assessed: nothing that counts could be observed."


def _with(status: Status, score: float | None, *findings: Finding) -> Assessment:
    base = assessment(repositories=1)
    first = msgspec.structs.replace(base.findings[0], status=status, score=score)
    return msgspec.structs.replace(base, findings=(first, *findings))


@pytest.mark.parametrize(
    ("before", "now", "group"),
    [
        ((Status.FAIL, 0.0), (Status.PASS, 100.0), "improved"),
        ((Status.PARTIAL, 40.0), (Status.PARTIAL, 60.0), "improved"),
        ((Status.PASS, 100.0), (Status.FAIL, 0.0), "regressed"),
        ((Status.NOT_OBSERVED, None), (Status.FAIL, 0.0), "found"),
        ((Status.NOT_APPLICABLE, None), (Status.FAIL, 0.0), "new"),
        ((Status.PASS, 100.0), (Status.NOT_OBSERVED, None), "lost"),
        ((Status.PASS, 100.0), (Status.PASS, 100.0), ""),
        ((Status.NOT_OBSERVED, None), (Status.PASS, 100.0), ""),
        ((Status.FAIL, 0.0), (Status.WAIVED, None), "waived"),
        ((Status.WAIVED, None), (Status.WAIVED, None), ""),
        ((Status.WAIVED, None), (Status.FAIL, 0.0), "new"),
    ],
)
def test_a_change_is_told_by_what_it_means(
    before: tuple[Status, float | None], now: tuple[Status, float | None], group: str
) -> None:
    change = compare(_with(*before), _with(*now))
    told = {name for name in GROUPS if getattr(change, name)}
    assert told == ({group} if group else set())
    assert change.regression == (group in ("regressed", "new"))


def test_a_subject_that_is_gone_is_told_not_called_an_improvement() -> None:
    base = _with(Status.FAIL, 0.0)
    change = compare(base, msgspec.structs.replace(base, findings=()))
    assert [(c.before, c.now) for c in change.gone] == [(Status.FAIL, None)]
    assert (change.improved, change.regression) == ((), False)


def test_a_problem_that_nobody_looked_for_before_is_no_regression() -> None:
    base = assessment(repositories=1)
    new = _with(Status.FAIL, 0.0)
    unasked = msgspec.structs.replace(base, findings=(), checks=tuple(c for c in base.checks if c.id != new.findings[0].check))
    change = compare(unasked, new)
    assert [c.check for c in change.found] == [new.findings[0].check]
    assert not change.regression


def test_a_lower_level_is_a_regression_whatever_its_reason() -> None:
    base = assessment()
    lower = msgspec.structs.replace(base.organization, level=base.organization.level - 1)
    assert compare(base, msgspec.structs.replace(base, organization=lower)).regression


def test_repositories_that_came_and_went_are_named() -> None:
    change = compare(assessment(repositories=5), assessment(repositories=6))
    assert (change.repositories_added, change.repositories_removed) == (("web-shop",), ())


def test_an_assessment_equals_itself() -> None:
    change = compare(assessment(), assessment())
    assert change.silent
    assert (change.score, change.level, change.caveats) == (0.0, 0, ())


def test_a_baseline_of_another_version_or_scope_is_named() -> None:
    other = msgspec.structs.replace(assessment(repositories=7), tool=msgspec.structs.replace(assessment().tool, version="0.0.9"))
    caveats = compare(other, assessment()).caveats
    assert any("0.0.9" in caveat for caveat in caveats)
    assert any("1 repositories of the baseline" in caveat for caveat in caveats)


@pytest.mark.parametrize("format", ["table", "json", "markdown", "html", "sarif", "junit", "csv", "badge"])
def test_the_same_assessment_gives_the_same_text_hostile_or_empty(format: str) -> None:
    render = load_entry("gitops_assess.reports", format)
    for one in (assessment(hostile=True), empty()):
        text = render(one, baseline=assessment(hostile=True, seed=3))
        assert text == render(one, baseline=assessment(hostile=True, seed=3))
        assert text.endswith("\n")
        assert "\x1b" not in text
        assert "\u202e" not in text or format == "json"  # JSON holds the names as they are
