"""The HTML report as text: closed to the world, whole, escaped. `test_browser` looks at it as a reader does."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import msgspec
import pytest

from assessor.model import Assessment, CheckInfo, Status
from assessor.registry import load_entry

from .sample import HOSTILE_NAMES, assessment, empty

render = load_entry("gitops_assess.reports", "html")
prose: Any = import_module("assessor.reports.html.prose").prose


class Page(HTMLParser):
    """Collects elements, ids, links and the text of style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.inline: dict[str, str] = {}
        self.policy = ""
        self.words: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements[tag] += 1
        self.attributes.update(values.keys())
        self._open = tag
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values.get("href")))
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])

    def handle_data(self, data: str) -> None:
        if self._open in ("style", "script"):
            self.inline[self._open] = data
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


@pytest.fixture(scope="module", params=["sample", "hostile", "empty", "large"])
def page(request: pytest.FixtureRequest) -> Page:
    kinds: dict[str, dict[str, Any]] = {"sample": {}, "hostile": {"hostile": True}, "large": {"repositories": 200}}
    return Page(
        render(
            assessment(**kinds[request.param]) if request.param in kinds else empty(),
            baseline=assessment(seed=3, date="2026-10-01"),
        )
    )


def test_only_our_own_style_and_script_may_run_and_nothing_may_load(page: Page) -> None:
    def digest(kind: str) -> str:
        return base64.b64encode(hashlib.sha256(page.inline[kind].encode()).digest()).decode()

    assert page.policy == (
        f"default-src 'none'; style-src 'sha256-{digest('style')}'; script-src 'sha256-{digest('script')}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert page.elements["script"] == page.elements["style"] == 1
    assert not set(page.elements) & {"img", "iframe", "object", "embed", "form", "base", "video", "audio", "source"}
    assert not [name for name in page.attributes if name.startswith("on") or name in ("style", "src", "srcset", "action")]


def test_every_link_leads_to_a_place_on_the_page_or_to_a_forge(page: Page) -> None:
    inside = {link for link in page.links if link.startswith("#")}
    assert {link[1:] for link in inside} <= set(page.ids)
    assert all(link.startswith("https://") for link in set(page.links) - inside)


def test_every_id_is_there_once(page: Page) -> None:
    assert [id for id, count in Counter(page.ids).items() if count > 1] == []


def test_an_organization_of_200_repositories_stays_below_one_and_a_half_megabytes() -> None:
    assert len(render(assessment(repositories=200)).encode()) <= 1_500_000


def test_a_large_page_says_what_it_leaves_out_and_leaves_out_passes_first() -> None:
    text = render(assessment(repositories=200))
    assert "the JSON assessment holds all of them" in text
    assert re.search(r"\d+ further findings in the JSON assessment", text)
    assert "the JSON assessment holds all of them" not in render(assessment())
    one = assessment()
    assert text.count('aria-label="pass">✓</b>') < text.count('aria-label="fail">✗</b>')
    assert render(one).count('aria-label="pass">✓</b>') > render(one).count('aria-label="fail">✗</b>')


def test_the_first_screen_says_where_we_stand_in_plain_words() -> None:
    words = " ".join(" ".join(Page(render(assessment())).words).split())
    for said in (
        "Acme Commerce",
        "2026-11-23 · 6 repositories",
        "Level 3 of 5 Applications run on a declared Kubernetes platform",
        "Assessed 92 % of what applies; the true score lies between",
        "42 % of workloads are reconciled from Git",
        "Not observed: nothing that was scanned shows what exists beyond the code.",
        "Infrastructure drift is looked for on a schedule",
        "gitops-assess scaffold step 5 --only drift-detection",
    ):
        assert said in words


def test_nothing_observed_is_said_and_not_shown_as_zero() -> None:
    words = " ".join(" ".join(Page(render(empty())).words).split())
    assert "Not assessed: nothing that counts could be observed." in words
    assert "Score 0" not in words


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_text(name: str) -> None:
    base = assessment(repositories=1)
    named = msgspec.structs.replace(base, organization=msgspec.structs.replace(base.organization, name=name))
    plain, hostile = Page(render(base)), Page(render(named))
    assert hostile.elements == plain.elements
    assert hostile.attributes == plain.attributes


def test_every_reason_for_not_knowing_is_listed_with_how_to_let_us_see() -> None:
    text = render(assessment())
    assert "the value is a variable that only exists at run time" in text
    assert "Read-only permissions are enough" in text
    assert "git fetch --unshallow" in text


def test_a_waiver_is_listed_with_owner_expiry_and_effect() -> None:
    words = " ".join(" ".join(Page(render(assessment())).words).split())
    assert "Dana Okafor 2027-03-31 The legacy image needs root until the migration. 1 finding" in words
    late = msgspec.structs.replace(assessment(), date="2027-04-01")
    assert "expired: counts again" in render(late)


def test_a_check_that_raised_is_called_a_defect_of_the_check() -> None:
    base = assessment()
    broken = msgspec.structs.replace(base.findings[0], status=Status.ERROR, summary="the check failed: KeyError: 'x'")
    text = render(msgspec.structs.replace(base, findings=(broken, *base.findings[1:])))
    assert "These are defects of the checks" in text


def test_an_assessment_without_pages_of_checks_still_renders_with_their_remedies() -> None:
    bare = msgspec.structs.replace(assessment(), checks=(), services=())
    assert "terraform init -migrate-state" in render(bare)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,alert(1))",
        "![x](https://evil.example/pixel.png)",
        "[x]( vbscript:x)",
        "<img src=x onerror=alert(1)>",
        "# Heading\n\nand\n\n===",
    ],
)
def test_a_check_page_can_neither_run_nor_load_nor_change_the_outline(text: str) -> None:
    found = Page(str(prose(text)))
    assert not set(found.elements) & {"script", "img", "h1", "h2", "iframe"}
    assert not [link for link in found.links if not link.startswith("https://")]


def test_a_page_of_a_check_keeps_code_and_web_links() -> None:
    shown = str(prose("Use `x`, see [docs](https://example.com/a).\n\n```hcl\na = 1 < 2\n```"))
    assert '<a href="https://example.com/a">docs</a>' in shown
    assert "a = 1 &lt; 2" in shown


def _frameworks(one: Assessment, *names: str) -> Assessment:
    infos: tuple[CheckInfo, ...] = tuple(msgspec.structs.replace(info, frameworks=names) for info in one.checks)
    return msgspec.structs.replace(one, checks=infos)


def test_the_appendix_maps_checks_to_frameworks_with_and_without_a_practice() -> None:
    words = " ".join(" ".join(Page(render(_frameworks(assessment(), "DSOMM: Patch management", "OpenGitOps 2"))).words).split())
    assert "DSOMM Patch management" in words
    assert "OpenGitOps 2" in words


def test_contradictions_stand_with_both_sides_beside_each_other() -> None:
    text = render(assessment())
    page = Page(text)
    assert "contradictions" in page.ids
    assert "#contradictions" in page.links
    words = " ".join(page.words)
    assert "Kubernetes: prod/argocd/Application/web-shop" in words
    assert "in no file" in words
    assert "https://github.com/acme/shop/settings/rules" in page.links
    assert not any("kubernetes" in link.lower() or "arn:" in link for link in page.links)


def test_a_contradiction_of_a_check_that_the_page_lacks_has_no_dead_link() -> None:
    page = Page(render(assessment()))
    assert "#c-gone.check" not in page.links


def test_live_systems_that_contradict_nothing_are_said_to_and_none_asked_says_nothing() -> None:
    quiet = msgspec.structs.replace(assessment(), contradictions=())
    assert "AWS and Kubernetes showed nothing that contradicts the files." in render(quiet)
    assert 'id="contradictions"' not in render(msgspec.structs.replace(quiet, asked=()))


def test_the_basis_of_a_finding_is_said_where_it_is_more_than_files() -> None:
    one = assessment()
    index = next(n for n, f in enumerate(one.findings) if f.status is Status.FAIL)
    both = msgspec.structs.replace(one.findings[index], basis="both", summary="holds in files only")
    text = render(msgspec.structs.replace(one, findings=(*one.findings[:index], both, *one.findings[index + 1 :])))
    assert "From files and what runs." in text
    assert "From files." not in text
