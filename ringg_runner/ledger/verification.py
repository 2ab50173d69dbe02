"""Whether trail, head and entries belong together; pure, over rows that were read in one go.

What holds afterwards: no row of the trail was changed, removed, added or moved on its own, and each
entry is what the trail made of it. Not covered: the lease of a claim, which is renewed without a
row, and somebody who rewrites entries, trail and head alike. Against the latter helps only a copy
of the last hash that is kept elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringg_runner.ledger.chain import FIRST, Head, is_whole
from ringg_runner.ledger.errors import DamagedError
from ringg_runner.ledger.replay import after
from ringg_runner.ledger.rows import read_entry, read_trail_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import RowMapping

    from ringg_runner.ledger.records import Entry, Key, TrailRow


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where a ledger does not hold.

    `number` is the row of the trail that is wrong or missing; for an entry, the last row that
    speaks of it, and None where none does.
    """

    number: int | None
    sentence: str


class _BreakError(Exception):
    def __init__(self, number: int | None, sentence: str) -> None:
        super().__init__(sentence)
        self.found = Broken(number, sentence)


def find_break(
    heads: Sequence[Head], trail: Iterable[RowMapping], entries: Iterable[RowMapping]
) -> Broken | None:
    """Return the first place that does not hold, None where all holds.

    `trail` and `entries` are the rows of their tables, the trail's in the order of their numbers.
    """
    if len(heads) != 1:
        return Broken(None, "the trail has no head")
    replay = _Replay()
    try:
        for stored in trail:
            replay.follow(_read(stored))
        replay.finish(heads[0])
        replay.compare(entries)
    except _BreakError as error:
        return error.found
    return None


def _read(stored: RowMapping) -> TrailRow:
    try:
        return read_trail_row(stored)
    except DamagedError as error:
        raise _BreakError(stored["number"], str(error)) from error


class _Replay:
    """The trail so far: its head, and what it makes of each list."""

    def __init__(self) -> None:
        self._head = Head(0, FIRST)
        self._entries: dict[Key, Entry | None] = {}
        self._last: dict[Key, int] = {}

    def follow(self, row: TrailRow) -> None:
        expected = self._head.number + 1
        if row.number > expected:
            raise _BreakError(expected, f"row {expected} of the trail is missing")
        if row.number < expected:
            raise _BreakError(row.number, f"row {row.number} of the trail has no place in it")
        if row.previous != self._head.hash:
            raise _BreakError(row.number, f"row {row.number} does not follow the row before it")
        if not is_whole(row):
            raise _BreakError(row.number, f"row {row.number} of the trail was changed")
        try:
            self._entries[row.key] = after(row, self._entries.get(row.key))
        except DamagedError as error:
            raise _BreakError(row.number, str(error)) from error
        self._head = Head(row.number, row.hash)
        self._last[row.key] = row.number

    def finish(self, head: Head) -> None:
        at = self._head.number
        if head.number > at:
            raise _BreakError(
                at + 1, f"row {at + 1} of the trail is missing; {head.number} were written"
            )
        if head.number < at:
            raise _BreakError(
                head.number + 1, f"row {head.number + 1} was added behind the head's back"
            )
        if head.hash != self._head.hash:
            raise _BreakError(
                at, f"row {at}, the last of the trail, is not the one that was written"
            )

    def compare(self, entries: Iterable[RowMapping]) -> None:
        expected = {key: entry for key, entry in self._entries.items() if entry is not None}
        for stored in entries:
            try:
                entry = read_entry(stored)
            except DamagedError as error:
                raise _BreakError(None, str(error)) from error
            told = expected.pop(entry.key, None)
            if told is None or _settled(told) != _settled(entry):
                number = self._last.get(entry.key)
                sentence = f"the entry of list {entry.key.list_id} is not what the trail tells"
                raise _BreakError(number, sentence)
        for key in expected:
            raise _BreakError(self._last[key], f"the entry of list {key.list_id} is missing")


def _settled(entry: Entry) -> Entry:
    return replace(entry, lease_until=None)
