"""The source line of a finding, with carets under what it is about.

Both lines are laid out in the cells of a terminal: tabs are spaced out, wide characters take two,
combining ones none, and what a terminal would obey is shown as a character of its own. A long line
is cut around the carets. What looks like a password is starred out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ringg_runner.redaction import harmless, starred

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringg_runner.diagnostics import Diagnostic

_TAB = 4
_CUT = "…"
_NARROWEST = 20


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line's number, its text, and the carets below it after an indent."""

    gutter: str
    source: str
    indent: str
    carets: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """One character as it is shown, and how many columns of a terminal it takes."""

    shown: str
    width: int


def of(finding: Diagnostic, width: int) -> Excerpt | None:
    """Return the excerpt in at most so many columns, or None where there is nothing to see."""
    quote = finding.quote
    if quote is None or not quote.text.strip():
        return None
    gutter = f"{finding.position.line:>3}"
    cells = tuple(_cells(starred(quote.text)))
    first = finding.position.column - quote.column
    stop = max(first + 1, _stop(finding, len(quote.text.rstrip()), quote.column))
    left, right = _window(cells, first, max(width - len(gutter) - len(" | "), _NARROWEST))
    before = _CUT if left else ""
    after = _CUT if right < len(cells) else ""
    return Excerpt(
        gutter,
        (before + "".join(cell.shown for cell in cells[left:right]) + after).rstrip(),
        " " * (len(before) + _width(cells[left:first])),
        "^" * max(1, _width(cells[first : min(stop, right)])),
    )


def _stop(finding: Diagnostic, length: int, first_column: int) -> int:
    """Return the index after the last character to underline, in this line alone."""
    if finding.end is None:
        return 0
    if finding.end.line > finding.position.line:
        return length
    return finding.end.column - first_column


def _cells(text: str) -> Iterator[_Cell]:
    column = 0
    for character in harmless(text):
        if character == "\t":
            cell = _Cell(" " * (_TAB - column % _TAB), _TAB - column % _TAB)
        else:
            cell = _cell(character)
        column += cell.width
        yield cell


@lru_cache(maxsize=1_024)
def _cell(character: str) -> _Cell:
    if character.isascii():
        return _Cell(character, 1)
    from rich.cells import cell_len

    return _Cell(character, cell_len(character))


def _width(cells: Sequence[_Cell]) -> int:
    return sum(cell.width for cell in cells)


def _window(cells: Sequence[_Cell], focus: int, width: int) -> tuple[int, int]:
    """Return which cells to show so that the focus is among them, and some of what precedes it."""
    if _width(cells) <= width:
        return 0, len(cells)
    room = width - 2 * len(_CUT)
    left = focus = min(focus, len(cells))
    before = 0
    while left > 0 and before + cells[left - 1].width <= room // 3:
        left -= 1
        before += cells[left].width
    right = left
    shown = 0
    while right < len(cells) and shown + cells[right].width <= room:
        shown += cells[right].width
        right += 1
    return left, right
