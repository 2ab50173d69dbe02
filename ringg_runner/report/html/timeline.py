"""The attempts of a run on a line of time: where bars stand, in hundredths of its width.

Geometry and words only; how they look is the template's business.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringg_runner.api.verdict import Verdict
from ringg_runner.report import words
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ringg_runner.runs import Attempt, Result, Run

ROWS = 200
"""How many campaigns have a row of their own at the most."""

OPEN = 25
"""More rows than these are shown when somebody asks for them."""

COLUMNS = 120
"""How many columns the overview of all attempts has."""

MANY = 20
"""From how many campaigns on there is an overview of all attempts."""

HEIGHT = 64
"""How many pixels high the overview is."""

NARROWEST = 0.5
"""No bar is narrower: it would not be seen."""

KINDS: Mapping[Verdict, str] = {
    Verdict.STARTED: "started",
    Verdict.ALREADY_STARTED: "skipped",
    Verdict.FAILED: "failed",
    Verdict.KEY_REFUSED: "failed",
    Verdict.BALANCE_TOO_LOW: "failed",
    Verdict.THROTTLED: "again",
    Verdict.NOT_SENT: "again",
    Verdict.AMBIGUOUS: "unresolved",
}
"""What an attempt's bar looks like."""

_GRAVEST_FIRST = (Outcome.UNRESOLVED, Outcome.FAILED)
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: where it begins and how wide it is, what it looks like, what it says."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis, as the time since the run began."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign: its bars in their order, and the same in words."""

    name: str
    word: Outcome
    bars: tuple[Bar, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a column of the overview, from its upper edge; `title` is of the whole column."""

    x: float
    y: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it; `left_out` is how many campaigns would have a row and got none."""

    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    left_out: int
    overview: tuple[Block, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The run's time: when it began, and how many seconds it took."""

    begin: datetime
    seconds: float

    @classmethod
    def of(cls, run: Run) -> Scale:
        """Return the time from the run's begin to its end, with all attempts in it."""
        attempts = [attempt for result in run.results for attempt in result.attempts]
        begin = min(run.started_at, *(each.sent_at for each in attempts), run.finished_at)
        ends = (each.sent_at + timedelta(seconds=each.seconds) for each in attempts)
        seconds = (max(run.finished_at, *ends, run.started_at) - begin).total_seconds()
        return cls(begin, max(seconds, 0.01))

    def since(self, moment: datetime) -> float:
        """Return how many seconds after the begin a moment is."""
        return (moment - self.begin).total_seconds()

    def at(self, seconds: float) -> float:
        """Return where that many seconds after the begin stand."""
        return round(100 * seconds / self.seconds, 2)

    def bar(self, begin: float, end: float, kind: str, title: str) -> Bar:
        """Return a bar between two times, wide enough to be seen and within the picture."""
        x, until = self.at(begin), self.at(end)
        width = max(NARROWEST, round(until - x, 2))
        return Bar(round(min(x, 100 - width), 2), width, kind, title)


def timeline(run: Run) -> Timeline | None:
    """Return the timeline of a run; None where nothing was sent."""
    tried = [result for result in run.results if result.attempts]
    if not tried:
        return None
    scale = Scale.of(run)
    notable = [
        result for result in tried if len(result.attempts) > 1 or result.outcome in _GRAVEST_FIRST
    ]
    # Sorting keeps the order of the manifests within each outcome.
    notable.sort(key=lambda result: _gravity(result.outcome))
    return Timeline(
        tuple(_ticks(scale)),
        tuple(_row(result, scale) for result in notable[:ROWS]),
        max(0, len(notable) - ROWS),
        tuple(_overview(tried, scale)) if len(tried) >= MANY else (),
        _summary(tried, scale),
    )


def duration(seconds: float) -> str:
    """Return a time in words: `0.2 s`, `12 s`, `2 min 5 s`, `1 h`."""
    if seconds < 10:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    parts = (
        (whole // 3600, "h"),
        (whole % 3600 // 60, "min"),
        (whole % 60 if whole < 3600 else 0, "s"),
    )
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count)


def _gravity(outcome: Outcome) -> int:
    return _GRAVEST_FIRST.index(outcome) if outcome in _GRAVEST_FIRST else len(_GRAVEST_FIRST)


def _ticks(scale: Scale) -> Iterator[Tick]:
    longest = scale.seconds / _MOST_TICKS
    step = next((step for step in _STEPS if step >= longest), 3600 * -(-longest // 3600))
    count = int(scale.seconds / step) + 1
    for number in range(count):
        yield Tick(scale.at(number * step), duration(number * step))


def _row(result: Result, scale: Scale) -> Row:
    bars = tuple(_bars(result.attempts, scale))
    tries = words.counted(len(result.attempts), "attempt")
    phrases = "; ".join(map(words.of_attempt, result.attempts))
    summary = f"{result.campaign.name}: {result.outcome} after {tries}: {phrases}"
    return Row(result.campaign.name, result.outcome, bars, summary)


def _bars(attempts: Sequence[Attempt], scale: Scale) -> Iterator[Bar]:
    before: float | None = None
    for attempt in attempts:
        begin = scale.since(attempt.sent_at)
        end = begin + attempt.seconds
        if before is not None and begin > before:
            yield scale.bar(before, begin, "wait", f"waited {duration(begin - before)}")
        yield scale.bar(begin, end, KINDS[attempt.verdict], words.of_attempt(attempt))
        before = end


def _overview(tried: Sequence[Result], scale: Scale) -> Iterator[Block]:
    """Yield how many attempts began when, by what came of them: a column for each part of time."""
    columns: dict[int, Counter[str]] = {}
    for result in tried:
        for attempt in result.attempts:
            part = scale.since(attempt.sent_at) / scale.seconds
            number = min(int(part * COLUMNS), COLUMNS - 1)
            columns.setdefault(number, Counter())[KINDS[attempt.verdict]] += 1
    most = max(column.total() for column in columns.values())
    for number, column in sorted(columns.items()):
        bottom = float(HEIGHT)
        title = _of_column(number, column, scale)
        for kind in dict.fromkeys(KINDS.values()):
            if column[kind]:
                height = round(max(1.0, HEIGHT * column[kind] / most), 1)
                bottom = round(bottom - height, 1)
                yield Block(round(100 * number / COLUMNS, 2), bottom, height, kind, title)


def _of_column(number: int, column: Counter[str], scale: Scale) -> str:
    begin = duration(scale.seconds * number / COLUMNS)
    parts = ", ".join(f"{count:,} {LEGEND[kind]}" for kind, count in column.items())
    return f"from {begin}: {words.counted(column.total(), 'attempt')}: {parts}"


LEGEND: Mapping[str, str] = {
    "started": "started",
    "skipped": "already started",
    "again": "surely not started",
    "failed": "refused",
    "unresolved": "no clear answer",
}
"""What each kind of bar means."""


def _summary(tried: Sequence[Result], scale: Scale) -> str:
    attempts = [attempt for result in tried for attempt in result.attempts]
    kinds = Counter(KINDS[attempt.verdict] for attempt in attempts)
    parts = ", ".join(f"{kinds[kind]:,} {means}" for kind, means in LEGEND.items() if kinds[kind])
    return (
        f"{words.counted(len(attempts), 'attempt')} for {words.counted(len(tried), 'campaign')}"
        f" in {duration(scale.seconds)}: {parts}."
    )
