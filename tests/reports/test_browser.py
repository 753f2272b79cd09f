"""The HTML report as its readers meet it: in Chromium, on a desk, on a phone, on paper, without JavaScript, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assessor.registry import load_entry

from .packages import AXE, npm_file
from .runs import runs
from .sample import assessment, empty

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

render = load_entry("gitops_assess.reports", "html")
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}  # WCAG 1.4.10: 1280 pixels at 400 %
OPEN_ALL = "document.querySelectorAll('details').forEach((part) => (part.open = true))"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    before = assessment(seed=3, date="2026-10-01")
    pages = {
        "sample": render(assessment(), baseline=before, history=runs()),
        "hostile": render(assessment(hostile=True), baseline=before),
        "small": render(assessment(repositories=1)),
        "empty": render(empty()),
        "large": render(assessment(repositories=200)),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


class Reader:
    """Opens pages and keeps what they say and ask for."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self.messages: list[str] = []
        self.requests: list[str] = []

    def open(self, name: str, anchor: str = "", **options: Any) -> Page:
        page = self._browser.new_context(**options).new_page()
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("dialog", lambda dialog: self.messages.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto((self._folder / f"{name}.html").as_uri() + anchor)
        return page


@pytest.fixture
def reader(browser: Browser, folder: Path) -> Iterator[Reader]:
    yield Reader(browser, folder)
    for context in browser.contexts:
        context.close()


@pytest.mark.parametrize("name", ["sample", "hostile", "empty"])
@pytest.mark.parametrize(
    "options",
    [{"viewport": DESK}, {"viewport": PHONE}, {"viewport": DESK, "color_scheme": "dark"}],
    ids=["desk", "phone", "dark"],
)
def test_axe_finds_nothing_of_any_severity(reader: Reader, name: str, options: dict[str, Any]) -> None:
    page = reader.open(name, **options)
    page.evaluate(OPEN_ALL)
    page.evaluate(npm_file(*AXE))
    # `runOnly` unset: all rules, best practices too; those for target size are off by default.
    result = page.evaluate("axe.run(document, {rules: {'target-size': {enabled: true}}, resultTypes: ['violations']})")
    assert [(found["id"], found["nodes"][0]["html"], found["nodes"][0]["failureSummary"]) for found in result["violations"]] == []


@pytest.mark.parametrize("name", ["sample", "hostile", "large"])
def test_the_page_asks_for_nothing_and_says_nothing(reader: Reader, name: str) -> None:
    page = reader.open(name, viewport=DESK)
    page.evaluate(OPEN_ALL)
    assert reader.requests == [page.url]
    assert reader.messages == []


@pytest.mark.parametrize("name", ["sample", "hostile", "empty"])
@pytest.mark.parametrize("viewport", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_the_page_never_scrolls_sideways(reader: Reader, name: str, viewport: dict[str, int]) -> None:
    page = reader.open(name, viewport=viewport)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_the_first_screen_of_a_desk_holds_verdict_path_figures_and_three_actions(reader: Reader) -> None:
    page = reader.open("sample", viewport=DESK)
    for part in (".level", ".score", ".path", ".figures", ".next li:nth-child(3) .command"):
        box = page.locator(part).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= DESK["height"], part


def test_without_javascript_a_cell_of_the_heat_map_opens_its_finding(reader: Reader) -> None:
    page = reader.open("sample", java_script_enabled=False)
    cell = page.locator("#heat td.s-f a").first
    target = cell.get_attribute("href")
    cell.click()
    assert page.locator(f"{target}").is_visible()
    assert page.locator(f"{target} p").first.inner_text() != ""
    assert not page.locator(".tools").first.is_visible()


def test_without_javascript_a_check_opens_with_why_places_and_fix(reader: Reader) -> None:
    page = reader.open("sample", anchor="#c-aut.iac-drift", java_script_enabled=False)
    check = page.locator("[id='c-aut.iac-drift']")
    check.locator("summary").first.click()
    assert check.get_by_text("Why it matters").is_visible()
    assert check.get_by_text("How to fix it").is_visible()
    place = check.locator(".found a").first
    assert str(place.get_attribute("href")).startswith("https://github.com/acme-commerce/")


def test_the_keyboard_reaches_everything_and_opens_a_check(reader: Reader) -> None:
    page = reader.open("small", viewport=DESK)
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], summary, button, input, select, [tabindex=\"0\"]')]"
        ".filter((e) => e.checkVisibility()).length"
    )
    page.evaluate("window.met = new Set(); document.addEventListener('focusin', (event) => met.add(event.target))")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
    assert page.evaluate("met.size") == wanted
    page.evaluate("document.querySelector('.check > summary').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('.check').open")


def test_without_javascript_the_trend_is_drawn_and_its_table_opens(reader: Reader) -> None:
    page = reader.open("sample", anchor="#trend", java_script_enabled=False)
    drawn = page.locator("#trend polyline").first.bounding_box()
    assert drawn is not None
    assert drawn["width"] > 200
    assert not page.locator("#trend td").first.is_visible()
    page.locator("#trend summary").click()
    assert page.locator("#trend tbody tr").count() == 53
    assert page.locator("#trend td").first.is_visible()


def test_searching_and_filtering_leave_what_matches(reader: Reader) -> None:
    page = reader.open("sample", viewport=DESK)
    page.locator("#finding-filter").fill("payments-api")
    page.locator("#finding-status").select_option("f")
    page.locator("#finding-count", has_text="shown").wait_for()
    shown = page.locator(".found > li:visible")
    assert shown.count() > 0
    assert {"payments-api"} == {text.split()[1] for text in shown.all_inner_texts()}
    assert page.locator("#finding-count").inner_text() == f"{shown.count()} of {page.locator('.found > li').count()} shown"


def test_a_link_to_a_finding_that_is_filtered_away_shows_it(reader: Reader) -> None:
    page = reader.open("sample", viewport=DESK)
    page.locator("#finding-filter").fill("nothing holds this")
    page.locator("#finding-count", has_text="0 of").wait_for()
    cell = page.locator("#heat td.s-f a").first
    target = cell.get_attribute("href")
    cell.click()
    page.locator(f"{target}").wait_for(state="visible", timeout=3000)
    assert page.locator("#finding-count").inner_text() == ""


def test_the_heat_map_can_be_searched_and_sorted(reader: Reader) -> None:
    page = reader.open("sample", viewport=DESK)
    page.get_by_role("button", name="Score").last.click()
    scores = [float(text) for text in page.locator("#heat tbody td:nth-child(3)").all_inner_texts() if text != "–"]
    assert scores == sorted(scores)
    assert page.locator("#heat [aria-sort]").get_attribute("aria-sort") == "ascending"
    page.locator("#repository-filter").fill("shop")
    assert [name.split()[0] for name in page.locator("#heat tbody tr:visible").all_inner_texts()] == ["web-shop"]


def test_on_paper_nothing_is_cut_off_and_the_evidence_of_actions_is_there(reader: Reader, tmp_path: Path) -> None:
    page = reader.open("hostile", viewport={"width": 688, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    for hidden in ("nav", ".tools", ".skip"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".check.acts .found > li").first.is_visible()
    assert not page.locator(".check:not(.acts) .found > li").first.is_visible()
    wide = "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)"
    cut = page.evaluate(f"{wide}.filter((e) => !e.closest('#repositories, #services')).map((e) => e.outerHTML.slice(0, 200))")
    assert cut == []  # the two wide tables lie on landscape pages
    page.set_viewport_size({"width": 1032, "height": 700})
    assert page.evaluate(f"{wide}.length") == 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_on_paper_links_are_printed(reader: Reader) -> None:
    page = reader.open("sample")
    page.emulate_media(media="print")
    address = page.evaluate("getComputedStyle(document.querySelector('.check.acts .found a'), '::after').content")
    assert "https://github.com/acme-commerce/" in address or address == '" " attr(href)'


def test_what_a_page_makes_of_a_repository_is_little_and_its_script_makes_nothing(browser: Browser, folder: Path) -> None:
    def nodes(name: str, **options: Any) -> int:
        page = Reader(browser, folder).open(name, viewport=DESK, **options)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        page.context.close()
        return int(metrics["Nodes"])

    # How long it takes to open is measured by benchmarks/scale.py; what it takes is the same on every machine.
    large = nodes("large")
    assert large - nodes("small") < 250 * 199
    assert large - nodes("large", java_script_enabled=False) < 100
