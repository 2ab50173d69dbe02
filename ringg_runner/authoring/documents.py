"""One YAML document as a value: plain data that remembers where everything stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ringg_runner.diagnostics import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = Any
"""What JSON can hold: None, bool, int, float, str, list and dict with text keys."""

Pointer: TypeAlias = tuple[str | int, ...]
"""The way from a document's root to a value: keys and list indexes."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its data, and the place of every key and value in its file."""

    file: str
    position: Position
    data: Json
    keys: Mapping[Pointer, Position]
    values: Mapping[Pointer, Position]
    lines: tuple[str, ...] = field(repr=False)

    def at(self, pointer: Pointer) -> Position:
        """Return where a value stands, or the nearest thing around it that is written here."""
        while pointer and pointer not in self.values:
            pointer = pointer[:-1]
        return self.values.get(pointer, self.position)

    def at_key(self, pointer: Pointer) -> Position:
        """Return where the key of a value stands, or the value itself where it has no key."""
        return self.keys.get(pointer) or self.at(pointer)

    def at_text(self, pointer: Pointer, fragment: str) -> Position:
        """Return where a reference in a text value stands; the value's own place if it is hidden.

        Quotes and folds move text about, so the fragment is looked for in the file itself. With
        one more $ before it, it is an escape and no reference.
        """
        line, column = self.at(pointer)
        reference = re.compile(rf"(?<!\$){re.escape(fragment)}")
        found = reference.search(self.lines[line - 1], column - 1)
        return Position(line, found.start() + 1 if found else column)
