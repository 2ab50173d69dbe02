"""What a check found, and where: the value that every stage reports mistakes with.

It owns positions, severities and their order. It neither prints nor decides an exit code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ringg_runner.redaction import without_keys

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much a finding weighs; only an error stops a plan or an apply."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Position(NamedTuple):
    """A place in a file; line and column count from 1, in characters."""

    line: int
    column: int


START = Position(1, 1)

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


def error(
    file: str, position: Position, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that stops a plan or an apply."""
    return Diagnostic(
        file, position, Severity.ERROR, rule, _bounded(message), hint and _bounded(hint)
    )


def warning(
    file: str, position: Position, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that is shown, and stops nothing."""
    return Diagnostic(
        file, position, Severity.WARNING, rule, _bounded(message), hint and _bounded(hint)
    )


def info(
    file: str, position: Position, rule: str, message: str, hint: str | None = None
) -> Diagnostic:
    """Return a finding that is good to know."""
    return Diagnostic(
        file, position, Severity.INFO, rule, _bounded(message), hint and _bounded(hint)
    )


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
    near = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else None
