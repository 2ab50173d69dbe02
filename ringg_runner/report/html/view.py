"""What a page shows, as values: which campaigns have a row, and which are counted only.

It decides no looks: the templates do, and they alone know HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.planner import Action, PlannedStart
from ringg_runner.report import attention, words
from ringg_runner.report.html.timeline import Timeline, timeline
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.report.attention import Concern, Told, Word
    from ringg_runner.runs import Run

ROWS = 4_000
"""How many campaigns have a row at the most; the page would grow too big to be read."""

DETAILS = 1_000
"""How many of them can be opened, to see the request or the attempts."""

NAMED = 8
"""How many campaigns are named where something needs attention; the table has all of them."""

_PLANNED: Mapping[Word, tuple[str, str]] = {
    Action.START: ("to start", "An apply starts these, each list once."),
    Action.HOLD: ("on hold", "An apply would not start these now."),
    Action.SKIP: ("to skip", "These have started before, and are not started again."),
}
_DONE: Mapping[Word, tuple[str, str]] = {
    Outcome.UNRESOLVED: ("unresolved", "These may or may not be calling people."),
    Outcome.FAILED: ("failed", "These did not start."),
    Outcome.CANCELLED: ("cancelled", "These were not sent."),
    Outcome.HELD: ("held", "These were not to start now."),
    Outcome.STARTED: ("started", "These were started by this run."),
    Outcome.SKIPPED: ("skipped", "These had started before, and were not started again."),
}


@dataclass(frozen=True, slots=True)
class Total:
    """How many campaigns there are of a kind, and where their part of the whole stands."""

    word: Word
    label: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign; `details` are the lines of its request or its attempts."""

    name: str
    list_id: str
    place: str
    people: int | None
    reason: str
    summary: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The campaigns of one kind: all are counted, and as many as there is room for are shown."""

    word: Word
    label: str
    meaning: str
    count: int
    lines: tuple[Line, ...]

    @property
    def left_out(self) -> int:
        """How many have no row."""
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a page shows, from its top to its end."""

    title: str
    heading: str
    meaning: str
    concerns: tuple[Concern, ...]
    totals: tuple[Total, ...]
    people: int | None
    people_label: str
    guards: tuple[GuardCheck, ...]
    timeline: Timeline | None
    groups: tuple[Group, ...]
    not_checked: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def alarming(self) -> bool:
        """Whether something went wrong, or would."""
        return any(concern.grave for concern in self.concerns)

    @property
    def counted(self) -> bool:
        """Whether it is known of any campaign how many people it calls."""
        return any(line.people is not None for group in self.groups for line in group.lines)


def of_plan(plan: Plan, refused: str | None) -> Page:
    """Return the page of a plan; `refused` is why an apply of it started nothing."""
    heading = f"Plan for {plan.environment.name}"
    told = attention.grouped(plan.starts, _PLANNED)
    return Page(
        f"{heading}: {words.totals_of_plan(plan)}",
        heading,
        words.meaning_of_plan(plan, refused=refused is not None),
        tuple(attention.of_plan(plan, refused)),
        tuple(_totals(told, _PLANNED)),
        plan.people,
        "people to call",
        plan.guards,
        None,
        tuple(_groups(told, _PLANNED)),
        plan.not_checked,
        tuple(words.facts_of_plan(plan)),
    )


def of_run(run: Run) -> Page:
    """Return the page of a run."""
    heading = f"{words.heading_of_run(run)} {run.environment.name}"
    told = attention.grouped(run.results, _DONE)
    return Page(
        f"{heading}: {words.totals_of_run(run)}",
        heading,
        words.meaning_of_run(run),
        tuple(attention.of_run(run)),
        tuple(_totals(told, _DONE)),
        run.people,
        "people on the lists that started",
        run.guards,
        timeline(run),
        tuple(_groups(told, _DONE)),
        (),
        tuple(words.facts_of_run(run)),
    )


def _totals(
    told: Mapping[Word, Sequence[Told]], meanings: Mapping[Word, tuple[str, str]]
) -> Iterator[Total]:
    whole = sum(map(len, told.values())) or 1
    before = 0
    for word, its in told.items():
        if its or word in (Action.START, Outcome.STARTED):
            x, width = 100 * before / whole, 100 * len(its) / whole
            yield Total(word, meanings[word][0], len(its), round(x, 2), round(width, 2))
        before += len(its)


def _groups(
    told: Mapping[Word, Sequence[Told]], meanings: Mapping[Word, tuple[str, str]]
) -> Iterator[Group]:
    """Yield a group for each word that there is, the first with all the room it needs."""
    rows, details = ROWS, DETAILS
    for word, its in told.items():
        if its:
            shown = its[:rows]
            lines = tuple(_line(each, detailed=place < details) for place, each in enumerate(shown))
            rows, details = rows - len(shown), max(0, details - len(shown))
            yield Group(word, *meanings[word], len(its), lines)


def _line(told: Told, *, detailed: bool) -> Line:
    campaign = told.campaign
    summary, details = _details(told) if detailed else ("", ())
    return Line(
        campaign.name,
        campaign.list_id,
        campaign.place,
        told.people,
        told.reason,
        summary,
        details,
    )


def _details(told: Told) -> tuple[str, tuple[str, ...]]:
    """Return what a campaign can be opened for, and its name: a request, or attempts."""
    if not isinstance(told, PlannedStart):
        attempts = tuple(map(words.of_attempt, told.attempts))
        return words.counted(len(attempts), "attempt") if attempts else "", attempts
    if told.action is not Action.START:
        return "", ()
    return "the request", tuple(words.of_request(told.campaign.request))
