"""How far waiting for campaigns has come, and what it came to, as text.

Only what the server's list said counts as an end; everything else is told as not known to be one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringg_runner.report.progress import duration
from ringg_runner.report.text import table
from ringg_runner.times import format_moment
from ringg_runner.waiting import End, Fate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.waiting import Seen, Waited, Waiting

COLOURS: Mapping[Fate, str] = {
    Fate.COMPLETED: "green",
    Fate.ENDED: "red",
    Fate.LIVE: "cyan",
    Fate.UNKNOWN: "yellow",
}


def changes(waiting: Waiting) -> Iterator[str]:
    """Yield a line for each campaign that the last look shows otherwise than the one before."""
    for seen in waiting.changed:
        people = seen.row.people if seen.row else None
        called = "" if people is None else f" ({people:,} people)"
        yield f"{seen.campaign.name}: {seen.shown}{called}"


def counts(waiting: Waiting) -> Iterator[tuple[Fate, str]]:
    """Yield how many have which fate, in words; those that ended by the words of the list."""
    fates = waiting.counts
    ended = Counter(seen.shown.lower() for seen in waiting.awaited if seen.fate is Fate.ENDED)
    yield Fate.COMPLETED, f"{fates[Fate.COMPLETED]} completed"
    for word, count in ended.items():
        yield Fate.ENDED, f"{count} {word}"
    if fates[Fate.LIVE]:
        yield Fate.LIVE, f"{fates[Fate.LIVE]} still live"
    if fates[Fate.UNKNOWN]:
        yield Fate.UNKNOWN, f"{fates[Fate.UNKNOWN]} not known to be over"


def of_waited(waited: Waited) -> Iterator[str]:
    """Yield a table of the campaigns after a run, and what the waiting came to."""
    heads = ("NAME", "LIST", "SERVER", "PEOPLE", "SINCE", "OVER", "WHERE")
    if waited.waiting.campaigns:
        yield ""
        yield from table(heads, [_row(seen) for seen in waited.waiting.campaigns])
    yield from of_end(waited)


def of_end(waited: Waited) -> Iterator[str]:
    """Yield why not all are over, where that is so, and how many have which fate."""
    yield ""
    if not waited.waiting.over:
        yield _WHY[waited.end].format(duration(waited.seconds), duration(waited.limit))
        if waited.waiting.unreadable:
            yield f"The last look failed: {waited.waiting.unreadable.reason}"
    told = ", ".join(words for _, words in counts(waited.waiting))
    yield told if waited.waiting.awaited else "nothing to wait for"


_WHY = {
    End.LIMIT: "Not all are over, and the time limit of {1} has passed.",
    End.UNREADABLE: "The server's list cannot be read: whether they are over is not known.",
    End.INTERRUPTED: "Not all are over: interrupted after {0}.",
    End.TERMINATED: "Not all are over: told to end after {0}.",
}


def answer(over: bool | None) -> str:
    """Return whether a campaign is over, for a cell; None is one that is not waited for."""
    return {True: "yes", False: "no", None: "-"}[over]


def _row(seen: Seen) -> tuple[str, ...]:
    people = seen.row.people if seen.row else None
    return (
        seen.campaign.name,
        seen.campaign.list_id,
        seen.shown,
        "-" if people is None else str(people),
        format_moment(seen.since) if seen.since else "-",
        answer(seen.over),
        seen.campaign.place,
    )
