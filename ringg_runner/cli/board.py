"""A table on the last lines of a terminal: the campaigns that are waited for, as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from ringg_runner.cli.drawing import Drawing
from ringg_runner.redaction import showable
from ringg_runner.report.progress import duration
from ringg_runner.report.waiting import COLOURS, counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console, OverflowMethod, RenderableType
    from rich.table import Table

    from ringg_runner.times import Clock
    from ringg_runner.waiting import Seen, Waiting

BESIDE = 5
"""How many lines stand around the rows: head, what is left out, counts, times, and a free one."""


class Board(Drawing):
    """Draws the table; where not all rows fit, what is over is left out first."""

    period = 0.5

    def __init__(
        self, waiting: Waiting, clock: Clock, limit: float, stream: TextIO, *, plain: bool
    ) -> None:
        """Begin now, with `limit` seconds to wait; draw on this stream, `plain` without colour."""
        super().__init__(stream, plain=plain)
        self._clock = clock
        self._ends_at = clock.elapsed() + limit
        self._seen = waiting, clock.elapsed()

    def take(self, waiting: Waiting, pause: float) -> None:
        """Take what a look showed; the next one is `pause` seconds from now, or at the limit."""
        self._seen = waiting, self._clock.elapsed() + pause

    def drawn(self, console: Console) -> RenderableType:
        """Lay out a row for each campaign, and the counts below."""
        from rich.console import Group
        from rich.constrain import Constrain
        from rich.text import Text

        (waiting, next_look), plain = self._seen, console.options.ascii_only
        awaited, now = waiting.awaited, self._clock.elapsed()
        shown = _fitting(awaited, max(1, console.height - BESIDE))
        separator = Text(", " if plain else " · ")
        left = max(0.0, self._ends_at - now)
        until_look = min(left, max(0.0, next_look - now))
        times = f"next look in {duration(until_look)}", f"{duration(left)} left"
        below = [
            separator.join(Text(words, COLOURS[fate]) for fate, words in counts(waiting)),
            separator.join(map(Text, times)),
        ]
        if len(shown) < len(awaited):
            below.insert(0, Text(f"and {len(awaited) - len(shown)} more"))
        # An ellipsis is not for every terminal, and the last column is for none.
        overflow: OverflowMethod = "crop" if plain else "ellipsis"
        width = console.width - 1
        for line in below:
            line.truncate(width, overflow=overflow)
        return Group(Constrain(_table(shown, self._clock.now(), overflow), width), *below)


def _table(shown: Sequence[Seen], now: datetime, overflow: OverflowMethod) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="none")
    for head in ("NAME", "SERVER", "PEOPLE", "FOR"):
        table.add_column(head, no_wrap=True, overflow=overflow)
    for seen in shown:
        people = seen.row.people if seen.row else None
        table.add_row(
            Text(showable(seen.campaign.name)),
            Text(seen.shown, COLOURS[seen.fate]),
            Text("-" if people is None else f"{people:,}"),
            Text(duration((now - seen.since).total_seconds()) if seen.since else "-"),
        )
    return table


def _fitting(awaited: Sequence[Seen], room: int) -> list[Seen]:
    """Return as many as there is room for, in their order; what is over is left out first."""
    kept = sorted(range(len(awaited)), key=lambda place: awaited[place].fate.over)[:room]
    return [awaited[place] for place in sorted(kept)]
