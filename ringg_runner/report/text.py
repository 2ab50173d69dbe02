"""Plans and runs as text: for a terminal, and for the log of a CI job.

Everything foreign is made showable before it stands in a line. Colour is laid on last, and taken
off again by whoever writes to something that is no terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ringg_runner.planner import Action
from ringg_runner.redaction import showable
from ringg_runner.report import words
from ringg_runner.report.words import Standing
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringg_runner.campaigns import Campaign
    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan, PlannedStart
    from ringg_runner.runs import Result, Run
    from ringg_runner.selecting import Selected

COLOURS: Mapping[str, str] = {
    Action.START: "green",
    Action.SKIP: "bright_black",
    Action.HOLD: "yellow",
    Outcome.STARTED: "green",
    Outcome.SKIPPED: "bright_black",
    Outcome.HELD: "yellow",
    Outcome.FAILED: "red",
    Outcome.UNRESOLVED: "magenta",
    Outcome.CANCELLED: "yellow",
    Standing.OK: "green",
    Standing.REFUSES: "red",
    Standing.NOT_KNOWN: "yellow",
    Standing.OVERRIDDEN: "yellow",
}

_WORD = max(len(word) for word in (*Action, *Outcome))
_INDENT = " " * (_WORD + 2)


def plan_lines(plan: Plan, *, refused: str | None = None, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of a plan; `refused` is why an apply of it started nothing."""
    yield from of_plan(plan, requests=verbose)
    if refused is not None:
        yield f"Refused, so nothing was started: {showable(refused)}"


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of a run that is over; with `verbose` each attempt, too."""
    columns = Columns.of(result.campaign for result in run.results)
    told = "Run" if run.recalled else "Apply to"
    where = f"{run.run_id} in {run.environment.name}" if run.recalled else run.environment.name
    yield f"{told} {showable(where)} ({run.environment.base_url})"
    yield ""
    yield columns.head("OUTCOME")
    for result in run.results:
        yield of_result(result, columns)
        if verbose:
            yield from of_attempts(result)
    yield from of_run(run)


def of_plan(plan: Plan, *, requests: bool = False) -> Iterator[str]:
    """Yield the lines of a plan: a table, the guards, what was not checked, and the summary.

    With `requests` each campaign is followed by the request that would be sent.
    """
    yield f"Plan for {plan.environment.name} ({plan.environment.base_url})"
    yield from of_selection(plan.selected)
    yield ""
    columns = Columns.of(planned.campaign for planned in plan.starts)
    yield columns.head("ACTION") if plan.starts else "No campaign is selected."
    for planned in plan.starts:
        yield columns.row(planned.action, planned.campaign, planned.reason)
        if requests:
            yield from _request(planned)
    yield ""
    if plan.guards:
        yield from _guards(plan.guards)
        yield ""
    yield "Not checked:"
    yield from (f"  {showable(unchecked)}" for unchecked in plan.not_checked)
    yield f"Digest: {plan.digest}"
    yield words.totals_of_plan(plan)


def of_selection(selected: Selected | None) -> Iterator[str]:
    """Yield how many campaigns were selected, where not simply all of them are meant."""
    if selected and selected.by:
        yield f"Selected {selected.figures}."


def of_starts(plan: Plan) -> Iterator[str]:
    """Yield what would happen now: how many start, whom they call, where, and which are new."""
    starts = [planned for planned in plan.starts if planned.action is Action.START]
    campaigns = "1 campaign starts" if len(starts) == 1 else f"{len(starts):,} campaigns start"
    people = "how many is not known" if plan.people is None else f"{plan.people:,}"
    yield f"{campaigns} in {plan.environment.name} ({plan.environment.base_url})."
    yield f"People who are called: {people}."
    for told, tried in (("New here", False), ("Tried before", True)):
        names = [p.campaign.name for p in starts if (p.entry is not None) is tried]
        if names:
            more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            yield f"{told}: {', '.join(names[:_NAMED])}{more}."


_NAMED = 10
"""So many names are read; more are not."""


def head_of_run(plan: Plan, columns: Columns) -> Iterator[str]:
    """Yield what stands above the results of a run: where it starts campaigns."""
    yield f"Apply to {plan.environment.name} ({plan.environment.base_url})"
    yield from of_selection(plan.selected)
    yield ""
    yield columns.head("OUTCOME") if plan.starts else "No campaign is selected: nothing to start."


def of_result(result: Result, columns: Columns) -> str:
    """Return the line of one result, in the columns of its run."""
    return columns.row(result.outcome, result.campaign, result.reason)


def of_attempts(result: Result) -> Iterator[str]:
    """Yield one line for each attempt of a result."""
    for attempt in result.attempts:
        yield f"{_INDENT}{showable(words.of_attempt(attempt))}"


def of_run(run: Run) -> Iterator[str]:
    """Yield what follows the results of a run: what to do now, and the summary."""
    yield ""
    if run.summary[Outcome.UNRESOLVED]:
        yield (
            "Unresolved: these may be calling people now, and are not sent again. Look each list up"
            " in the Ringg dashboard, then say what you found:"
            f" ringg-runner ledger resolve LIST_ID --env {run.environment.name}"
            " --started|--not-started --reason TEXT"
        )
    if run.refusal:
        yield f"Refused: {showable(str(run.refusal))}"
    if run.recalled:
        yield words.RECALLED
    yield ", ".join(_coloured(outcome, text) for outcome, text in words.parts_of_run(run))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table's lines, its columns as wide as what stands in them."""
    shown = [tuple(heads), *(tuple(map(showable, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns of a table are, so that its rows can be written one by one."""

    name: int
    list_id: int
    place: int

    @classmethod
    def of(cls, campaigns: Iterable[Campaign]) -> Columns:
        """Return columns in which the heads and all these campaigns fit."""
        rows = [_HEADS, *map(_cells, campaigns)]
        return cls(*(max(map(len, cells)) for cells in zip(*rows, strict=True)))

    def head(self, word: str) -> str:
        """Return the line above the rows; `word` heads the first column."""
        return self._line(f"{word:<{_WORD}}", _HEADS, "WHY")

    def row(self, word: Action | Outcome, campaign: Campaign, reason: str) -> str:
        """Return one line: what, which campaign, which list, where it is written, and why."""
        return self._line(_coloured(word, f"{word:<{_WORD}}"), _cells(campaign), showable(reason))

    def _line(self, first: str, cells: tuple[str, str, str], last: str) -> str:
        widths = (self.name, self.list_id, self.place)
        padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        return "  ".join((first, *padded, last))


_HEADS = ("NAME", "LIST", "WHERE")


def _cells(campaign: Campaign) -> tuple[str, str, str]:
    return campaign.name, showable(campaign.list_id), showable(campaign.place)


def _guards(checks: Sequence[GuardCheck]) -> Iterator[str]:
    heads = [head.upper() for head in words.GUARD_HEADS]
    head, *rows = table(heads, map(words.cells_of_guard, checks))
    yield head
    for check, row in zip(checks, rows, strict=True):
        standing = words.standing_of(check)
        yield _coloured(standing, standing) + row.removeprefix(standing)


def _request(planned: PlannedStart) -> Iterator[str]:
    for line in words.of_request(planned.campaign.request):
        yield f"{_INDENT}{showable(line)}"


def _coloured(word: str, text: str) -> str:
    return click.style(text, fg=COLOURS[word])
