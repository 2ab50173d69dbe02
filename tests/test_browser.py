"""Pages of plans and runs in a real browser: nothing is fetched, nothing fails, all is readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Tab, browsing, found
from report_samples import PLANS, RUNS
from servers import says, serving

from ringg_runner.planner import Plan
from ringg_runner.report.formats import BY_NAME
from ringg_runner.runs import Run

BROWSER = found()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")

PHONE, SMALL, DESKTOP = (360, 640), (390, 844), (1280, 800)
SAMPLES = [
    *(pytest.param(make, id=f"plan-{name}") for name, make in PLANS.items()),
    *(pytest.param(make, id=f"run-{name}") for name, make in RUNS.items()),
]

# How much wider than the window the page, or anything in it, is.
OVERFLOW = """Math.max(
    document.documentElement.scrollWidth,
    ...[...document.body.querySelectorAll("*")].map(each => each.getBoundingClientRect().right)
) - innerWidth"""

# The least contrast of any text that is seen, by WCAG; what is behind it is the next opaque colour.
CONTRAST = """(() => {
    const channels = colour => colour.match(/[0-9.]+/g).map(Number);
    const part = value => value <= 10.31 ? value / 3294.6 : ((value / 255 + .055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
    const behind = each => {
        for (; each; each = each.parentElement) {
            const found = channels(getComputedStyle(each).backgroundColor);
            if (found.length < 4 || found[3] === 1) return found;
        }
    };
    const texts = [...document.body.querySelectorAll("*")].filter(each =>
        !each.closest("svg") && each.getClientRects().length
        && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
    return Math.min(...texts.map(each => {
        const pair = [channels(getComputedStyle(each).color), behind(each)].map(light);
        return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
    }));
})()"""

# Which section is the first, where it begins, and its first words.
FIRST = """(() => {
    const [first] = document.querySelectorAll("main > section");
    return [first.id, first.getBoundingClientRect().top, first.innerText.split("\\n")[0]];
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    assert BROWSER
    with browsing(BROWSER, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def page_of(subject: Plan | Run) -> str:
    html = BY_NAME["html"]
    return html.of_plan(subject) if isinstance(subject, Plan) else html.of_run(subject)


def written(folder: Path, subject: Plan | Run) -> str:
    file = folder / "page.html"
    file.write_text(page_of(subject), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("make", SAMPLES)
def test_a_page_is_readable_everywhere_and_asks_for_nothing(
    tab: Tab, tmp_path: Path, make: Callable[[], Plan | Run]
) -> None:
    url = written(tmp_path, make())
    for scheme in ("light", "dark"):
        for width, height in (PHONE, SMALL, DESKTOP):
            tab.show(url, width, height, scheme=scheme)
            assert tab.value(OVERFLOW) <= 0
            section, top, _ = tab.value(FIRST)
            assert section == "attention"
            assert top < height / 2
            assert (tab.requested, tab.trouble) == ([url], [])
        assert tab.value(CONTRAST) >= 4.5


def test_light_and_dark_are_two_looks(tab: Tab, tmp_path: Path) -> None:
    url, colours = written(tmp_path, PLANS["one"]()), []
    for scheme in ("light", "dark"):
        tab.show(url, *DESKTOP, scheme=scheme)
        colours.append(tab.value("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(246, 247, 249)", "rgb(14, 17, 22)"]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (PLANS["twelve"], "Needs attention"),
        (PLANS["one"], "Nothing needs attention"),
        (RUNS["interrupted"], "Needs attention"),
        (RUNS["one"], "Nothing needs attention"),
    ],
    ids=["guard", "calm plan", "unresolved", "calm run"],
)
def test_the_first_words_tell_whether_something_needs_attention(
    tab: Tab, tmp_path: Path, subject: Callable[[], Plan | Run], words: str
) -> None:
    tab.show(written(tmp_path, subject()), *PHONE)
    assert tab.value(FIRST)[2] == words


def test_what_is_closed_fits_the_window_when_it_is_opened(tab: Tab, tmp_path: Path) -> None:
    for make in (PLANS["hostile"], RUNS["hostile"], RUNS["four-hundred"]):
        tab.show(written(tmp_path, make()), *PHONE)
        opened = "[...document.querySelectorAll('details')].map(each => each.open = true).length"
        assert tab.value(opened) > 0
        assert tab.value(OVERFLOW) <= 0


def test_a_timeline_has_bars_within_its_picture_that_say_what_they_are(
    tab: Tab, tmp_path: Path
) -> None:
    tab.show(written(tmp_path, RUNS["twelve"]()), *PHONE)
    titles, outside = tab.value(
        """(() => {
            const bars = [...document.querySelectorAll(".rows svg[role=img] rect:has(title)")];
            const out = bars.filter(bar => {
                const [inner, outer] = [bar, bar.closest("svg")].map(
                    each => each.getBoundingClientRect());
                return inner.left < outer.left - 1 || inner.right > outer.right + 1
                    || inner.width < 1;
            });
            return [bars.map(bar => bar.querySelector("title").textContent), out.length];
        })()"""
    )
    assert outside == 0
    assert len(titles) == 6 + 3
    assert "waited 2 s" in titles


def test_a_page_from_a_server_makes_a_browser_ask_for_nothing_else(tab: Tab) -> None:
    answer = says(200, page_of(RUNS["hostile"]()), content_type="text/html; charset=utf-8")
    with serving(answer) as server:
        tab.show(f"{server.origin}/run.html", *DESKTOP)
        assert [request.path for request in server.requests] == ["/run.html"]
    assert tab.trouble == []


def test_the_policy_stops_what_somebody_could_put_into_a_page(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    harm = (
        "<script>document.title = 'harmed'</script><img src=https://example.com/x.png>"
        "<p id=styled style='color: rgb(1, 2, 3)'>x</p>"
    )
    text = page_of(PLANS["one"]()).replace("</main>", f"{harm}</main>")
    file.write_text(text, encoding="utf-8")
    tab.show(file.as_uri(), *DESKTOP)
    assert tab.value("document.title") == "Plan for production: 1 to start"
    assert tab.value("getComputedStyle(document.querySelector('#styled')).color") != "rgb(1, 2, 3)"
    assert len(tab.trouble) == 3


def test_a_page_can_be_printed(tab: Tab, tmp_path: Path) -> None:
    tab.show(written(tmp_path, RUNS["twelve"]()), *DESKTOP)
    assert len(tab.call("Page.printToPDF")["data"]) > 10_000
