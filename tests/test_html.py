"""Pages of plans and runs, read by a parser: what stands where, and that texts do nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from build import a_campaign, a_plan, a_request
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import GUARDS, HOSTILE, PLANS, RUNS, a_plan_of, a_run_of

from ringg_runner.planner import Plan
from ringg_runner.redaction import showable
from ringg_runner.report import html
from ringg_runner.report.html import view
from ringg_runner.runs import Run, Stop

VOID = {"meta", "rect"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = (part if isinstance(part, str) else part.text for part in self.inside)
        return " ".join("".join(parts).split())

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Every element below with this tag and these attributes, in the order of the page."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            each
            for each in self.below()
            if each.tag == tag and wanted.items() <= each.attributes.items()
        ]

    def below(self) -> list[Element]:
        children = [part for part in self.inside if isinstance(part, Element)]
        return [each for child in children for each in (child, *child.below())]


class Page(HTMLParser):
    """Reads a page into elements, and insists that each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert len(self.open) == 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def of_plan(plan: Plan, refused: str | None = None) -> str:
    return "\n".join(html.plan_lines(plan, refused=refused))


def of_run(run: Run) -> str:
    return "\n".join(html.run_lines(run))


def page_of(subject: Plan | Run) -> Element:
    return Page(of_plan(subject) if isinstance(subject, Plan) else of_run(subject)).root


EVERY = [
    *(pytest.param(make, id=f"plan-{name}") for name, make in PLANS.items()),
    *(pytest.param(make, id=f"run-{name}") for name, make in RUNS.items()),
]
_TAGS = """
html head meta title style body main header section article footer h1 h2 h3 p ul ol li dl div dt dd
table thead tbody tr th td small span b bdi code pre details summary svg rect text
"""
_ATTRIBUTES = """
lang charset http-equiv content name id class aria-labelledby aria-label aria-hidden role scope
tabindex data-label width height x y rx text-anchor
"""
TAGS, ATTRIBUTES = set(_TAGS.split()), set(_ATTRIBUTES.split())


def does_nothing(page: Element) -> None:
    """Assert that a page has nothing in it that runs, loads, leads elsewhere or is styled apart."""
    elements = page.below()
    assert {each.tag for each in elements} <= TAGS
    assert {name for each in elements for name in each.attributes} <= ATTRIBUTES


@pytest.mark.parametrize("make", EVERY)
def test_a_page_is_whole_and_does_nothing(make: Callable[[], Plan | Run]) -> None:
    page = page_of(make())
    does_nothing(page)
    ids = Counter(each.attributes["id"] for each in page.below() if "id" in each.attributes)
    assert set(ids.values()) <= {1}
    labels = {each.attributes.get("aria-labelledby") for each in page.below()} - {None}
    assert labels <= set(ids)
    assert [len(page.all(tag)) for tag in ("main", "h1", "style")] == [1, 1, 1]
    assert len(page.all("head")[0].all("title")) == 1
    assert all(head.attributes["scope"] in ("col", "row") for head in page.all("th"))
    assert all(svg.attributes.keys() & {"aria-label", "aria-hidden"} for svg in page.all("svg"))


@given(st.text(), st.text())
@settings(max_examples=40)
def test_whatever_a_run_holds_is_shown_and_nothing_else(text: str, other: str) -> None:
    refusal = replace(GUARDS[1], limit=text, figure=other, place=text)
    run = a_run_of(3, 2, 1, 5, refusal=refusal, guards=(refusal,))
    results = tuple(
        replace(
            result,
            reason=text,
            campaign=replace(result.campaign, name=other, file=text),
            attempts=tuple(replace(attempt, detail=other) for attempt in result.attempts),
        )
        for result in run.results
    )
    page = page_of(replace(run, results=results))
    does_nothing(page)
    why = page.all("tbody")[1].all("td")[-1]
    assert why.all("bdi")[0].text == showable(text)


def test_a_browser_is_told_to_fetch_nothing_and_to_use_this_style_alone() -> None:
    text = of_plan(a_plan())
    page = Page(text).root
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    found = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert policy.attributes["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in found[1]
    assert "@import" not in found[1]


def test_what_needs_attention_comes_before_totals_guards_and_campaigns() -> None:
    page = page_of(a_plan_of(2, 1, 1, guards=GUARDS))
    assert [head.text for head in page.all("h2")] == [
        *("Needs attention", "Totals", "Guards", "Campaigns", "Not checked"),
    ]
    concerns = [each.all("h3")[0].text for each in page.all("article")]
    assert concerns == ["The guard max_contacts refuses", "1 campaign on hold"]


def test_a_run_opens_on_the_gravest_and_says_what_to_do() -> None:
    run = a_run_of(0, 1, 2, 3, 4, 5, 6, stopped=Stop.INTERRUPTED)
    page = page_of(run)
    concerns = page.all("article")
    assert [each.all("h3")[0].text for each in concerns] == [
        "1 campaign unresolved",
        "1 campaign failed",
        "The run was interrupted",
        "1 campaign held",
        "1 campaign cancelled",
    ]
    assert all(each.all("p")[0].text for each in concerns)
    assert "ledger resolve" in concerns[0].all("pre")[0].text
    assert [head.text for head in page.all("h2")][:3] == [
        *("Needs attention", "Totals", "Attempts in time"),
    ]


def test_a_refused_apply_says_that_nothing_was_started() -> None:
    page = Page(of_plan(a_plan_of(1), "not approved: nothing was sent")).root
    (concern,) = page.all("article")
    assert concern.all("h3")[0].text == "The apply was refused"
    assert concern.all("p")[0].text.startswith("not approved: nothing was sent. Apply again")
    assert page.all("header")[0].all("p")[0].text.endswith("was refused: nothing was started.")


def test_a_plan_with_nothing_but_starts_needs_no_attention() -> None:
    page = page_of(a_plan_of(2))
    assert page.all("h2")[0].text == "Nothing needs attention"
    assert page.all("article") == []


def test_what_is_only_on_hold_is_worth_a_look() -> None:
    assert page_of(a_plan_of(1, 0, 1)).all("h2")[0].text == "Worth a look"


def test_a_concern_names_a_few_campaigns_and_counts_the_rest() -> None:
    (concern,) = page_of(a_run_of(*[2] * 20)).all("article")
    names = [each.text for each in concern.all("li")]
    assert len(names) == view.NAMED + 1
    assert names[-1] == "and 12 more: see the table"


def test_totals_are_numbers_with_their_names() -> None:
    page = page_of(a_run_of(0, 0, 2, 5))
    (totals,) = page.all("dl", class_="totals")
    told = zip(totals.all("dd"), totals.all("dt"), strict=True)
    assert [f"{number.text} {name.text}" for number, name in told] == [
        *("1 failed", "1 held", "2 started", "247 people on the lists that started"),
    ]
    (share,) = page.all("svg", class_="share")
    assert [each.attributes["width"] for each in share.all("rect")][:3] == [
        "25.0%",
        "25.0%",
        "50.0%",
    ]


def test_a_start_can_be_opened_for_its_request_and_hides_what_is_private() -> None:
    request = a_request(
        callback_url="https://hooks.example.com/hook-token",
        email_completion_user_ids=("user-1",),
        private=True,
    )
    text = of_plan(a_plan(a_campaign(request=request)))
    (details,) = Page(text).root.all("details")
    assert details.all("summary")[0].text == "the request"
    assert details.all("pre")[0].text == (
        "POST https://api.example.com/v0/campaign/v2/start agent_id: agent-1 list_id: list-1"
        ' number_pool_id: pool-1 callback_url: [hidden] email_completion_user_ids: ["user-1"]'
    )
    assert "hook-token" not in text


def test_a_result_can_be_opened_for_its_attempts() -> None:
    page = page_of(a_run_of(1))
    details = [each for each in page.all("details") if each.all("summary")[0].text == "3 attempts"]
    assert details[0].all("pre")[0].text.count("attempt ") == 3


def test_people_have_a_column_where_any_are_known() -> None:
    heads = [
        [head.text for head in page_of(plan).all("thead")[0].all("th")]
        for plan in (a_plan_of(1), a_plan_of(1, counted=False))
    ]
    assert heads == [["Campaign", "People", "Why"], ["Campaign", "Why"]]


def test_a_campaign_without_a_manifest_has_no_place() -> None:
    run = a_run_of(0)
    (result,) = run.results
    campaign = replace(result.campaign, file="", line=0)
    page = page_of(replace(run, results=(replace(result, campaign=campaign),), recalled=True))
    (name,) = page.all("th", scope="row")
    assert [each.text for each in name.all("small")] == [f"list {campaign.list_id}"]
    assert "put together from the ledger" in page.all("header")[0].text


def test_very_many_campaigns_are_counted_and_the_gravest_are_shown() -> None:
    text = of_run(a_run_of(*[0] * 18_000, *[4] * 1_900, *[3] * 100))
    assert len(text.encode()) < 4_000_000
    page = Page(text).root
    rows = [body.all("tr") for body in page.all("tbody")]
    assert [len(each) for each in rows] == [100, view.ROWS - 100]
    told = " ".join(each.text for each in page.all("p"))
    assert "The first 3,900 are shown here, and 14,100 are left out" in told
    assert "There is no room for them here: --report FILE.json has all of them." in told
    assert len(page.all("details")) <= view.DETAILS + 1


def test_a_plan_of_very_many_is_a_few_megabytes() -> None:
    assert len(of_plan(a_plan_of(20_000)).encode()) < 4_000_000


def test_the_same_plan_is_the_same_page() -> None:
    assert of_plan(PLANS["twelve"]()) == of_plan(PLANS["twelve"]())


def test_no_campaigns_are_said_to_be_none() -> None:
    assert "There are none." in page_of(replace(a_plan(), starts=())).text


def test_a_hostile_text_stands_on_the_page_as_it_is() -> None:
    page = page_of(PLANS["hostile"]())
    assert showable(HOSTILE) in page.text
    assert "\u202e" not in page.text
