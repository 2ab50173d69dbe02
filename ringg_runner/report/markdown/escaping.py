"""Foreign text in Markdown: it shows as it is, and can neither mark up, link, mention nor refer.

GitHub looks for @names, #numbers, commits and addresses in text, but not in code. So what is made
of letters alone stays text, and all else stands in a code span: only there nothing is read into it.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING

from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 300
"""How many characters of a foreign text are shown: a comment has no room for more."""

_PIPE = r"\|"
_BACKTICKS = re.compile("`+")
# What may stand around words; what is left of it has no meaning to Markdown or GitHub.
_BEFORE, _AFTER = "(\"'“\u2018", ")\"'”\u2019,.;:!?…،؛؟।"
_NUMBER = re.compile("[0-9]{1,6}|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}:[0-9]{2}")
_JOINED = re.compile("['\u2019-]")
# A word of these letters alone may be the beginning of a commit's hash.
_HEX = re.compile("[0-9a-f]{7,}", re.IGNORECASE)


def code(text: str, limit: int = LIMIT) -> str:
    """Return a foreign text as a code span; nothing for a text of nothing."""
    line = showable(text, limit)
    if not line:
        return ""
    longest = max(map(len, _BACKTICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{room}{line}{room}{fence}"


def prose(text: str, limit: int = LIMIT) -> str:
    """Return a foreign sentence: its words as text, and all that is more than words as code."""
    words = showable(text, limit).split()
    runs = ((plain, " ".join(run)) for plain, run in groupby(words, _is_plain))
    return " ".join(run if plain else _code_within(run) for plain, run in runs)


def _code_within(text: str) -> str:
    """Return a text as code, but for what stands around it in a sentence."""
    rest = text.lstrip(f"{_BEFORE} ")
    core = rest.rstrip(f"{_AFTER} ")
    before, after = text[: len(text) - len(rest)], rest[len(core) :]
    return f"{before}{code(core)}{after}"


def row(cells: Iterable[str]) -> str:
    """Return a row of a table from cells that are Markdown; a pipe in them is no border."""
    return f"| {' | '.join(cell.replace('|', _PIPE) for cell in cells)} |"


def fenced(text: str, language: str) -> list[str]:
    """Return lines of code as a block that ends where they end."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *text.split("\n"), fence]


def _is_plain(word: str) -> bool:
    core = word.lstrip(_BEFORE).rstrip(_AFTER)
    if _NUMBER.fullmatch(core):
        return True
    return not _HEX.fullmatch(core) and all(map(_is_of_letters, _JOINED.split(core)))


def _is_of_letters(part: str) -> bool:
    return bool(part) and all(unicodedata.category(letter)[0] in "LM" for letter in part)
