"""Plans and runs as Markdown: a comment on a pull request, and the summary of a CI job's step.

Totals come first, and are never left out. The hidden first line lets CI find its own comment again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringg_runner.planner import Action
from ringg_runner.redaction import harmless
from ringg_runner.report import attention, words
from ringg_runner.report.markdown.escaping import code, fenced, prose, row
from ringg_runner.report.markdown.fitting import Section, fitted
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.report.attention import Concern, Told
    from ringg_runner.runs import Run

_PATH = 120
"""How many characters of a file's path are shown."""

_WORDY = 2_000
"""How many characters of our own sentences are shown, foreign words in them included."""

_PLANNED = {
    Action.START: ("to start", ""),
    Action.HOLD: ("on hold", ": an apply would not start these now"),
    Action.SKIP: ("to skip", ": these have started before"),
}
_DONE = {
    Outcome.STARTED: ("started", ""),
    Outcome.HELD: ("held", ": these were not to start now"),
    Outcome.SKIPPED: ("skipped", ": these had started before"),
}


def plan_lines(
    plan: Plan,
    *,
    refused: str | None = None,
    verbose: bool = False,  # noqa: ARG001
) -> Iterator[str]:
    """Yield the report of a plan; `refused` is why an apply of it started nothing."""
    name = plan.environment.name
    head = [
        f"<!-- ringg-runner plan {name} -->",
        f"### {words.headline_of_plan(plan)}",
        "",
        f"**Plan for {code(name)}** at {code(plan.environment.base_url)}."
        f" {prose(words.meaning_of_plan(plan, refused=refused is not None), _WORDY)}",
        "",
        *_concerns(each for each in attention.of_plan(plan, refused) if each.grave),
        *_guards(plan.guards),
    ]
    see = (
        f"{code(f'ringg-runner plan --env {name}')} shows all of them, and a page has room for"
        f" more: {code('--report plan.html')}."
    )
    told = attention.grouped(plan.starts, _PLANNED)
    sections = [
        _group(its, *_PLANNED[action], see, closed=action is not Action.START)
        for action, its in told.items()
        if its
    ]
    if told[Action.START]:
        sections.append(_requests(told[Action.START], see))
    tail = [
        "**Not checked**",
        "",
        *(f"- {prose(unchecked, _WORDY)}" for unchecked in plan.not_checked),
        "",
        f"Digest: {code(plan.digest)}. Plans with the same digest would send the same requests.",
    ]
    yield from fitted(head, sections, tail)


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield the report of a run."""
    name = run.environment.name
    concerns = [concern for concern in attention.of_run(run) if concern.grave]
    head = [
        f"<!-- ringg-runner apply {name} -->",
        f"### {words.totals_of_run(run)}",
        "",
        f"**{words.heading_of_run(run)} {code(name)}** at {code(run.environment.base_url)}."
        f" {prose(words.meaning_of_run(run), _WORDY)}",
        "",
        *_concerns(concern for concern in concerns if not concern.campaigns),
        *_guards(run.guards),
    ]
    see = (
        f"{code(f'ringg-runner ledger report {run.run_id} --env {name} --format html')}"
        " writes what the ledger knows of this run into a page, which has room for more."
    )
    sections = [
        *(_of_concern(concern, see) for concern in concerns if concern.campaigns),
        *(
            _group(its, *_DONE[outcome], see, closed=outcome is not Outcome.STARTED)
            for outcome, its in attention.grouped(run.results, _DONE).items()
            if its
        ),
    ]
    tail = [f"- {label}: {code(value)}" for label, value in words.facts_of_run(run)]
    yield from fitted(head, sections, tail)


def _concerns(concerns: Iterable[Concern]) -> Iterator[str]:
    for concern in concerns:
        yield f"> **{prose(concern.title)}.** {prose(concern.todo, _WORDY)}"
        yield ""


def _of_concern(concern: Concern, see: str) -> Section:
    """Return a concern with what to do about it, and its campaigns."""
    commands = map(harmless, concern.commands)
    before = [
        f"#### {concern.title}",
        "",
        prose(concern.todo, _WORDY),
        "",
        *([*fenced("\n".join(commands), "sh"), ""] if concern.commands else []),
    ]
    return _table(before, concern.campaigns, [""], f"{concern.word}", see)


def _group(told: Sequence[Told], what: str, meaning: str, see: str, *, closed: bool) -> Section:
    """Return a table of campaigns under its title, behind which it may be closed."""
    title = f"{len(told):,} {what}{meaning}"
    if closed:
        before = [f"<details><summary>{title}</summary>", ""]
        return _table(before, told, ["", "</details>", ""], what, see)
    return _table([f"#### {title}", ""], told, [""], what, see)


def _table(
    before: Sequence[str], told: Sequence[Told], after: Sequence[str], what: str, see: str
) -> Section:
    counted = any(each.people is not None for each in told)
    heads = ("Campaign", *(("People",) if counted else ()), "List", "Why", "Where")
    rule = ("---:" if head == "People" else "---" for head in heads)
    rows = (row(_cells(each, counted=counted)) for each in told)
    return Section([*before, row(heads), row(rule)], rows, after, len(told), _left_out(what, see))


def _left_out(what: str, see: str) -> Callable[[int], str]:
    return lambda count: f"_{count:,} {what} left out: there is no room for more here._ {see}"


def _cells(told: Told, *, counted: bool) -> Iterator[str]:
    campaign = told.campaign
    yield code(campaign.name)
    if counted:
        yield "" if told.people is None else f"{told.people:,}"
    yield code(campaign.list_id)
    yield prose(told.reason)
    yield code(campaign.place, _PATH)


def _requests(starts: Sequence[Told], see: str) -> Section:
    before = [
        "<details><summary>The requests, as an apply would send them</summary>",
        "",
        f"Each is a {code(f'POST {starts[0].campaign.request.url}')} with this body.",
        "",
    ]
    rows = ("\n".join(_request(planned)) for planned in starts)
    return Section(before, rows, ["</details>", ""], len(starts), _left_out("requests", see))


def _request(planned: Told) -> Iterator[str]:
    body = json.dumps(planned.campaign.request.shown_body, indent=2, ensure_ascii=False)
    yield code(planned.campaign.name)
    yield ""
    yield from fenced("\n".join(map(harmless, body.split("\n"))), "json")
    yield ""


def _guards(checks: Sequence[GuardCheck]) -> Iterator[str]:
    if not checks:
        return
    yield "#### Guards"
    yield ""
    yield words.GUARDS
    yield ""
    yield row(words.GUARD_HEADS)
    yield row("---" for _ in words.GUARD_HEADS)
    for check in checks:
        standing, guard, *rest = words.cells_of_guard(check)
        yield row((f"**{standing}**", code(guard), *map(prose, rest)))
    yield ""
