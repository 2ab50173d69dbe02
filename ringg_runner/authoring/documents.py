"""One YAML document as a value: plain data that remembers where everything stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ringg_runner.diagnostics import Place, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = Any
"""What JSON can hold: None, bool, int, float, str, list and dict with text keys."""

Pointer: TypeAlias = tuple[str | int, ...]
"""The way from a document's root to a value: keys and list indexes."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything in a document stands, and the lines of its whole file."""

    keys: Mapping[Pointer, Place]
    values: Mapping[Pointer, Place]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its data, and the place of every key and value in its file.

    Most documents are never asked for a place: `places` may be a way to find them.
    """

    file: str
    position: Position
    data: Json
    text: str = field(repr=False)
    """The text of the whole file."""
    places: Callable[[], Places] = field(repr=False, compare=False)

    def at(self, pointer: Pointer) -> Place:
        """Return where a value stands, or the nearest thing around it that is written here."""
        places = self.places()
        while pointer and pointer not in places.values:
            pointer = pointer[:-1]
        return places.values.get(pointer, Place(self.position)).quoting(places.lines)

    def at_key(self, pointer: Pointer) -> Place:
        """Return where the key of a value stands, or the value itself where it has no key."""
        places = self.places()
        if pointer in places.keys:
            return places.keys[pointer].quoting(places.lines)
        return self.at(pointer)

    def at_text(self, pointer: Pointer, fragment: str) -> Place:
        """Return where a reference in a text value stands; the value's own place if it is hidden.

        Quotes and folds move text about, so the fragment is looked for in the file itself. With
        one more $ before it, it is an escape and no reference.
        """
        start, end, _ = place = self.at(pointer)
        lines = self.places().lines
        last = end.line if end else start.line
        for number in range(start.line, last + 1):
            line = lines[number - 1]
            first = start.column - 1 if number == start.line else 0
            stop = end.column - 1 if end and number == last else len(line)
            found = _index_of(line, fragment, first, stop)
            if found >= 0:
                here = Position(number, found + 1), Position(number, found + len(fragment) + 1)
                return Place(*here).quoting(lines)
        return place


def _index_of(line: str, fragment: str, first: int, stop: int) -> int:
    """Return where a reference stands in a part of a line, or -1; an escape is none."""
    found = line.find(fragment, first, stop)
    while found > 0 and line[found - 1] == "$":
        found = line.find(fragment, found + 1, stop)
    return found
