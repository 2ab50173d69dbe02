"""Markdown, read by a parser that is not ours: tables keep their shape, and text does nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from build import a_campaign, a_plan, a_request
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from report_samples import GUARDS, HOSTILE, PLANS, RUNS, a_plan_of, a_run_of, reworded

from ringg_runner.guards import GuardCheck
from ringg_runner.planner import Action, Plan
from ringg_runner.redaction import showable
from ringg_runner.report import markdown
from ringg_runner.report.markdown.escaping import code, fenced, prose, row
from ringg_runner.report.markdown.fitting import LIMIT, Section, fitted
from ringg_runner.runs import Run, Stop

GITHUB = MarkdownIt("gfm-like")
"""GitHub's own flavour: tables, and addresses that become links by themselves."""

OURS = re.compile(
    r"<!-- ringg-runner (plan|apply) production -->"
    r"|<details><summary>[\w ,:]+</summary>|</details>"
)
MENTION = re.compile(r"[@#]|:\w+:|\w+/\w+|[0-9a-f]{7}")
"""What GitHub makes a link or a picture of, unless it stands in code."""


def tokens(text: str) -> list[Token]:
    """All tokens, those within lines too."""
    return [inner for token in GITHUB.parse(text) for inner in (token, *(token.children or ()))]


def html_in(text: str) -> list[str]:
    found = [token.content for token in tokens(text) if token.type.startswith("html")]
    return [line for content in found for line in content.split("\n") if line]


def plain_text(text: str) -> str:
    """All text but code, where GitHub looks for names and numbers."""
    return " ".join(token.content for token in tokens(text) if token.type == "text")


def shown(text: str) -> str:
    """What a reader sees of one line."""
    return "".join(token.content for token in tokens(text) if token.type in ("text", "code_inline"))


def tables(text: str) -> list[list[list[str]]]:
    """Every table as the texts of its rows' cells, the head first."""
    found: list[list[list[str]]] = []
    for token in GITHUB.parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append("".join(child.content for child in token.children or ()))
    return found


def of_plan(plan: Plan, refused: str | None = None) -> str:
    return "\n".join(markdown.plan_lines(plan, refused=refused))


def of_run(run: Run) -> str:
    return "\n".join(markdown.run_lines(run))


def harmless(text: str) -> None:
    """Assert that nothing but our own words does anything in a text."""
    assert all(map(OURS.fullmatch, html_in(text)))
    assert not [token for token in tokens(text) if token.type in ("link_open", "image", "s_open")]
    assert not MENTION.search(plain_text(text))
    assert len({len(cells) for table in tables(text) for cells in table} - {4, 5}) == 0


FOREIGN = st.text(
    st.one_of(st.characters(), st.sampled_from("|`\\*_<>@#[]()!&:~$ \n.-")), max_size=60
)


@given(FOREIGN)
def test_code_shows_what_it_was_given_and_is_nothing_but_code(text: str) -> None:
    written = code(text)
    if not showable(text):
        assert written == ""
        return
    (inline,) = (token for token in GITHUB.parse(written) if token.type == "inline")
    (child,) = inline.children or []
    assert (child.type, child.content) == ("code_inline", showable(text))


@given(FOREIGN)
@example("( #a : x")
def test_prose_shows_what_it_was_given_and_neither_links_nor_mentions(text: str) -> None:
    written = f"Why: {prose(text)}"
    harmless(written)
    assert html_in(written) == []
    assert " ".join(shown(written).split()) == " ".join(f"Why: {showable(text)}".split())


@given(st.lists(FOREIGN, min_size=2, max_size=5))
def test_a_row_has_as_many_cells_as_it_was_given(texts: list[str]) -> None:
    head = row(f"h{number}" for number in range(len(texts)))
    rule = row("---" for _ in texts)
    written = "\n".join((head, rule, row(map(code, texts)), row(map(prose, texts))))
    ((_, codes, proses),) = tables(written)
    assert codes == [showable(text) for text in texts]
    assert [" ".join(cell.split()) for cell in proses] == codes


@given(FOREIGN)
def test_lines_of_code_end_where_they_end(text: str) -> None:
    text = text.replace("\r", "\n").replace("\x00", "")
    written = "\n".join([*fenced(text, "json"), "", "after"])
    block, *rest = GITHUB.parse(written)
    assert (block.type, block.info, block.content) == ("fence", "json", f"{text}\n")
    assert [token.content for token in rest if token.content] == ["after"]


@given(FOREIGN, FOREIGN)
@settings(max_examples=50)
def test_whatever_a_plan_holds_its_tables_keep_their_columns(text: str, other: str) -> None:
    plan = a_plan_of(2, 1, 1)
    starts = tuple(
        reworded(planned, text, name=other, file=text, url=other) for planned in plan.starts
    )
    guards = (replace(GUARDS[1], limit=text, figure=other, place=text),)
    written = of_plan(
        replace(plan, starts=starts, guards=guards, not_checked=(f"the list: {text}",)), text
    )
    harmless(written)
    assert len(tables(written)) == 4
    assert [len(table) for table in tables(written)] == [2, 3, 2, 2]


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_does_nothing_but_show(name: str) -> None:
    harmless(of_plan(PLANS[name]()))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_does_nothing_but_show(name: str) -> None:
    harmless(of_run(RUNS[name]()))


def test_a_plan_begins_with_its_mark_and_its_totals() -> None:
    plan = a_plan_of(2, 1, 1)
    first, second, *_ = of_plan(plan).split("\n")
    assert first == "<!-- ringg-runner plan production -->"
    assert second == "### 2 to start (247 people), 1 to skip, 1 on hold"


def test_a_run_begins_with_its_mark_and_its_totals() -> None:
    first, second, *_ = of_run(a_run_of(0, 0, 2)).split("\n")
    assert first == "<!-- ringg-runner apply production -->"
    assert second == "### 2 started (247 people), 1 failed"


def headings(text: str) -> list[str]:
    """The headings and the summaries of what is closed, in their order."""
    lines = (re.sub(r"</?(details|summary)>", "", line) for line in text.split("\n"))
    found = (
        line.lstrip("#> ") for line in lines if re.match(r"#{3}|\d+ [\w ]+: |> \*\*|The r", line)
    )
    return [re.sub(r"\*\*(.*?)\.\*\*.*", r"\1", line) for line in found]


def test_what_refuses_comes_before_the_guards_and_the_starts_before_the_rest() -> None:
    text = of_plan(a_plan_of(2, 1, 1, guards=GUARDS), "not approved")
    assert headings(text) == [
        "An apply would be refused: 2 to start (247 people), 1 to skip, 1 on hold",
        "The apply was refused",
        "The guard `max_contacts` refuses",
        "Guards",
        "2 to start",
        "1 on hold: an apply would not start these now",
        "1 to skip: these have started before",
        "The requests, as an apply would send them",
    ]


def test_what_is_open_and_what_failed_come_first_each_with_what_to_do() -> None:
    run = a_run_of(0, 4, 5, 2, 3, 6, stopped=Stop.INTERRUPTED)
    text = of_run(run)
    assert headings(text) == [
        "1 started (120 people), 1 skipped, 1 held, 1 failed, 1 unresolved, 1 cancelled",
        "The run was interrupted",
        "1 campaign unresolved",
        "1 campaign failed",
        "1 campaign cancelled",
        "1 started",
        "1 held: these were not to start now",
        "1 skipped: these had started before",
    ]
    list_id = run.results[4].campaign.list_id
    assert f"\nringg-runner ledger resolve {list_id} --env production --started" in text


def test_a_plan_names_what_is_not_checked_and_its_digest() -> None:
    plan = a_plan()
    text = of_plan(plan)
    assert "- agent id, list id, pool id: whether they exist; the API says so" in text
    assert text.split("\n")[-1].startswith(f"Digest: `{plan.digest}`. ")


def test_the_guards_of_a_plan_are_a_table() -> None:
    guards, *_ = tables(of_plan(a_plan_of(1, guards=GUARDS)))
    assert [cells[:2] for cells in guards[1:]] == [
        ["ok", "max_starts"],
        ["refuses", "max_contacts"],
        ["overridden", "start_hours"],
        ["not known", "workspace"],
    ]


def test_people_have_a_column_where_any_are_known() -> None:
    assert tables(of_plan(a_plan_of(1)))[0][0][1] == "People"
    assert tables(of_plan(a_plan_of(1, counted=False)))[0][0][1] == "List"
    starts = a_plan_of(2).starts
    plan = replace(a_plan_of(2), starts=(starts[0], replace(starts[1], row=None)))
    assert [cells[1] for cells in tables(of_plan(plan))[0]] == ["People", "120", ""]


def test_a_request_is_shown_in_full_and_without_what_is_private() -> None:
    secret = "https://hooks.example.com/hook-token"
    request = a_request(callback_url=secret, private=True)
    text = of_plan(a_plan(a_campaign(request=request)))
    assert '  "callback_url": "[hidden]"\n' in text
    assert "hook-token" not in text


def test_a_plan_of_very_many_keeps_its_totals_and_its_guards_and_says_what_is_left_out() -> None:
    text = of_plan(a_plan_of(10_000, 500, 40, guards=GUARDS))
    assert len(text.encode()) < LIMIT
    assert text.split("\n")[1].startswith("### An apply would be refused: 10,000 to start (")
    assert len(tables(text)[0]) == len(GUARDS) + 1
    shown_rows = len(tables(text)[1]) - 1
    assert shown_rows > 200
    assert f"_{10_000 - shown_rows:,} to start left out: there is no room for more here._" in text
    assert "_40 on hold left out" in text
    assert "_500 to skip left out" in text
    assert "_10,000 requests left out" in text
    assert "`ringg-runner plan --env production` shows all of them" in text


@pytest.mark.parametrize(
    "texts", [HOSTILE * 40, "`" * 9_000, "ख" * 9_000, "|" * 9_000, "🙂" * 9_000]
)
def test_a_report_fits_however_long_its_texts_are(texts: str) -> None:
    guards = tuple(
        GuardCheck(check.guard, check.passes, texts, texts, texts, texts) for check in GUARDS * 2
    )
    plan = a_plan_of(50, 50, 50, guards=guards)
    starts = tuple(replace(planned, reason=texts) for planned in plan.starts)
    written = of_plan(replace(plan, starts=starts, not_checked=(texts,) * 3), texts)
    assert len(written.encode()) <= LIMIT
    assert written.split("\n")[1] == "### 50 to start (14,575 people), 50 to skip, 50 on hold"
    run = a_run_of(*[2, 3, 6] * 50, refusal=guards[0], guards=guards)
    results = tuple(replace(result, reason=texts) for result in run.results)
    written = of_run(replace(run, results=results))
    assert len(written.encode()) <= LIMIT
    assert written.split("\n")[1] == "### 0 started, 50 failed, 50 unresolved, 50 cancelled"


def a_section(rows: int, size: int = 9) -> Section:
    return Section(["("], ["x" * size] * rows, [")"], rows, lambda count: f"-{count}")


def test_what_fits_is_shown_as_a_whole() -> None:
    assert list(fitted(["head"], [a_section(2)], ["tail"])) == [
        *("head", "(", "x" * 9, "x" * 9, ")", "tail"),
    ]


def test_later_sections_are_left_out_before_the_first_and_are_counted() -> None:
    frames = 2 * len("(\n)\n-3\n\n")
    limit = len("head\ntail\n") + frames + 4 * 10
    lines = list(fitted(["head"], [a_section(3), a_section(3)], ["tail"], limit))
    assert lines == ["head", "(", *["x" * 9] * 3, ")", "(", "x" * 9, ")", "-2", "", "tail"]
    lines = list(fitted(["head"], [a_section(3), a_section(3)], ["tail"], limit - 10))
    assert lines == ["head", "(", *["x" * 9] * 3, ")", "-3", "", "tail"]


def test_a_plan_that_starts_nothing_says_so() -> None:
    plan = a_plan_of(0, 2)
    assert plan.summary[Action.START] == 0
    assert "An apply would start nothing, and call nobody." in of_plan(plan)
