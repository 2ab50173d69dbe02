"""What a check found, and where: the value that every stage reports mistakes with.

It owns places, severities and their order. It neither prints nor decides an exit code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ringg_runner.redaction import starred_keys, without_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Severity(StrEnum):
    """How much a finding weighs; only an error stops a plan or an apply."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Position(NamedTuple):
    """A place in a file; line and column count from 1, in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The line that a finding is about; of a very long line, the part around its place.

    It travels with the finding: the file may be gone, or be another, when the finding is shown.
    """

    text: str
    column: int = 1
    """Where in its line the text begins."""

    @classmethod
    def of(cls, line: str, column: int) -> Quote:
        """Return the line, or so much of it around a column that it is worth keeping.

        An API key in it is starred out: whatever shows a finding must not show that.
        """
        if len(line) <= MAX_QUOTE:
            return cls(starred_keys(line))
        first = max(0, column - 1 - MAX_QUOTE // 2)
        # Wide enough to see a key that begins before the part or ends after it.
        left = max(0, first - _MARGIN)
        wide = starred_keys(line[left : first + MAX_QUOTE + _MARGIN])
        return cls(wide[first - left : first - left + MAX_QUOTE], first + 1)


class Place(NamedTuple):
    """A stretch of a file; without an end it is a point, and without a quote nobody knows it."""

    start: Position
    end: Position | None = None
    """The position after its last character."""
    quote: Quote | None = None

    def quoting(self, lines: Sequence[str]) -> Place:
        """Return the place with its line, of all the lines of its file."""
        line, column = self.start
        if line > len(lines):
            return self
        return self._replace(quote=Quote.of(lines[line - 1], column))


START = Position(1, 1)

MAX_QUOTE = 1_000
"""How many characters of a line travel with a finding."""

_MARGIN = 200
"""More characters than an API key has."""

MAX_TEXT = 300
"""How many characters a message and a hint have at the most."""

# The breaks that YAML knows, and no others: str.splitlines knows more.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding; `hint` says how to mend it."""

    file: str
    position: Position
    severity: Severity
    rule: str
    message: str
    hint: str | None = None
    end: Position | None = None
    """The position after the last character; None where only a point is known."""
    quote: Quote | None = None


def error(
    file: str, place: Position | Place, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that stops a plan or an apply."""
    start, end, quote = place if isinstance(place, Place) else Place(place)
    message, hint = _bounded(message), hint and _bounded(hint)
    return Diagnostic(file, start, Severity.ERROR, rule, message, hint, end, quote)


def warning(
    file: str, place: Position | Place, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that is shown, and stops nothing."""
    return replace(error(file, place, rule, message, hint), severity=Severity.WARNING)


def info(
    file: str, place: Position | Place, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that is good to know."""
    return replace(error(file, place, rule, message, hint), severity=Severity.INFO)


def _bounded(text: str) -> str:
    """Cut what a finding quotes, since a value may be as long as its file, and hide keys in it."""
    text = without_keys(text)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of a text, without their breaks."""
    return tuple(_BREAK.split(text))


def position_in(text: str, offset: int) -> Position:
    """Return where the character at an offset of a text stands."""
    before = lines_of(text[:offset])
    return Position(len(before), len(before[-1]) + 1)


def place_in(text: str, offset: int) -> Place:
    """Return the place of the character at an offset of a text."""
    start = position_in(text, offset)
    return Place(start, Position(start.line, start.column + 1)).quoting(lines_of(text))


def in_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings by file and place, each once, in whatever order they were found."""
    return tuple(
        sorted(set(findings), key=lambda d: (d.file, d.position, d.rule, d.message, d.hint or ""))
    )


def count(findings: Iterable[Diagnostic], severity: Severity) -> int:
    """Return how many findings have this severity."""
    return sum(finding.severity is severity for finding in findings)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the nearest known word, or None where none is near."""
    # Only what goes wrong needs it.
    from difflib import get_close_matches

    near = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else None
