"""Keeps a Markdown report within what a comment holds: rows are left out and counted, no totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

LIMIT = 65_000
"""How many bytes of UTF-8 a report has at the most: GitHub takes 65,535 characters in a comment."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report whose rows may be left out from some row on.

    `before` and `after` stand around the rows, and go with them; `left_out` says that so many are
    missing. A row may be several lines. `count` is how many rows there are.
    """

    before: Sequence[str]
    rows: Iterable[str]
    after: Sequence[str]
    count: int
    left_out: Callable[[int], str]


def fitted(
    head: Sequence[str], sections: Sequence[Section], tail: Sequence[str], limit: int = LIMIT
) -> Iterator[str]:
    """Yield head and tail, and between them what fits of the sections, the first before the others.

    Head and tail are never cut: whoever writes them bounds them.
    """
    room = limit - sum(map(_size, (*head, *tail)))
    room -= sum(_size(line) for section in sections for line in _frame(section))
    yield from head
    for section in sections:
        rows, room = _cut(section.rows, room)
        left_out = section.count - len(rows)
        if rows:
            yield from section.before
            yield from rows
            yield from section.after
        if left_out:
            yield section.left_out(left_out)
            yield ""
    yield from tail


def _frame(section: Section) -> Iterator[str]:
    yield from section.before
    yield from section.after
    yield section.left_out(section.count)
    yield ""


def _cut(rows: Iterable[str], room: int) -> tuple[list[str], int]:
    """Return the first rows that fit, and the room that is left."""
    kept = []
    for row in rows:
        size = _size(row)
        if size > room:
            # What comes after a row that is left out is left out too, or nobody knew what is there.
            break
        kept.append(row)
        room -= size
    return kept, room


def _size(line: str) -> int:
    return len(line.encode()) + 1
