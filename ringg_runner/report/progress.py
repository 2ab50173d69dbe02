"""How far a run has come, in words: the parts of a bar, and a line for a log.

Only what is recorded counts as done; what is under way stands beside it, under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from ringg_runner.report.text import COLOURS
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringg_runner.report.speed import Speed
    from ringg_runner.running.tally import Tally


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar; where there is no room for all, the highest ranks are left out first.

    `short` says the same in fewer columns, where there is such a way.
    """

    rank: int
    text: str
    colour: str | None = None
    short: str = ""


_RANKS = {
    Outcome.UNRESOLVED: 2,
    Outcome.FAILED: 3,
    Outcome.STARTED: 6,
    Outcome.SKIPPED: 9,
    Outcome.HELD: 10,
    Outcome.CANCELLED: 11,
}


def parts(tally: Tally, speed: Speed) -> Iterator[Part]:
    """Yield the parts of a bar, from left to right."""
    yield Part(0, f"{tally.done:,}/{tally.total:,}")
    for outcome, count in _outcomes(tally):
        yield Part(_RANKS[outcome], f"{outcome} {count:,}", COLOURS[outcome])
    if tally.in_flight:
        yield Part(7, f"in flight {tally.in_flight:,}")
    if tally.unsettled:
        yield Part(4, f"unsettled {tally.unsettled:,}", COLOURS[Outcome.UNRESOLVED])
    if tally.paused_for:
        yield Part(1, _pause(tally), "yellow", short=f"waiting {ceil(tally.paused_for):,} s")
    if speed.rate is not None:
        yield Part(8, _rate(speed.rate))
    if speed.left is not None:
        at_least = "at least " if tally.unsettled else ""
        yield Part(5, f"{at_least}{duration(speed.left)} left")


def fitting(all_parts: Sequence[Part], width: int, gap: int) -> list[Part]:
    """Return the parts that fit into so many columns, with `gap` columns between any two."""
    room = width + gap
    kept: dict[int, Part] = {}
    for part in sorted(all_parts, key=lambda part: part.rank):
        for text in filter(None, (part.text, part.short)):
            if part.rank not in kept and gap + len(text) <= room:
                room -= gap + len(text)
                kept[part.rank] = replace(part, text=text)
    return [kept[part.rank] for part in all_parts if part.rank in kept]


def line(tally: Tally, speed: Speed) -> str:
    """Return a line that tells all of it, for a log."""
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in _outcomes(tally))
    told = [f"{tally.done:,} of {tally.total:,}: {outcomes}"]
    if tally.in_flight:
        told.append(f"{tally.in_flight:,} in flight")
    if tally.unsettled:
        told.append(f"{tally.unsettled:,} unsettled")
    if tally.paused_for:
        told.append(_pause(tally))
    if speed.rate is not None:
        told.append(_rate(speed.rate))
    if speed.left is not None:
        told.append(f"{'at least' if tally.unsettled else 'about'} {duration(speed.left)} left")
    return "; ".join(told)


def duration(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds, rounded up: `0:00:31`."""
    minutes, whole = divmod(ceil(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{whole:02}"


def _outcomes(tally: Tally) -> Iterator[tuple[Outcome, int]]:
    for outcome in Outcome:
        count = tally.outcomes[outcome]
        if count or outcome is Outcome.STARTED:
            yield outcome, count


def _pause(tally: Tally) -> str:
    return f"waiting {ceil(tally.paused_for):,} s, as the API asks"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
