"""Turns the marks of the YAML parser into places, as short as a reader wants them underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ringg_runner.diagnostics import Place, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yaml.events import Event


def position(mark: Any) -> Position:
    """Return where a mark stands."""
    return Position(mark.line + 1, mark.column + 1)


def place(event: Event, lines: Sequence[str]) -> Place:
    """Return the place of an event: a word's own; of a collection, whose end is to come, a point.

    The parser ends a block of text where the next line begins; its place ends with its last line.
    """
    start, end = position(event.start_mark), position(event.end_mark)
    if isinstance(event, yaml.CollectionStartEvent) or end == start:
        return Place(start)
    if end.column == 1:
        end = _end_of(end.line - 1, lines)
    return Place(start, end)


def first_line(start: Position, last: Event, lines: Sequence[str]) -> Place:
    """Return the first line of a collection, whose last event is given, or all if it is one."""
    return Place(start, min(position(last.end_mark), _end_of(start.line, lines)))


def _end_of(line: int, lines: Sequence[str]) -> Position:
    return Position(line, len(lines[line - 1].rstrip(" \t")) + 1)
