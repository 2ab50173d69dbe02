"""Selectors: what is asked of a campaign's labels, in kubectl's syntax.

It parses them, says which part of one is wrong, and asks them of labels. It knows no campaigns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.errors import UsageError
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from collections.abc import Mapping

# The patterns of the manifest's schema: what can stand in no manifest is a slip here too.
NAME = r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?"
VALUE = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"

_FORMS = (
    "write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, with commas between"
)
_OF_NAMES = "a label's name is 1 to 63 letters, digits, dots, slashes, hyphens or underscores"
_OF_VALUES = "a label's value is at most 63 letters, digits, dots, hyphens or underscores"

# The first that fits is meant; the last fits everything, and leaves it to the name to be none.
_SHAPES = (
    re.compile(r"(?P<key>\S*)\s+(?P<operator>in|notin)\s*\((?P<set>.*)\)", re.DOTALL),
    re.compile(r"(?P<key>[^=!]*?)\s*(?P<operator>==|=|!=)\s*(?P<value>.*)", re.DOTALL),
    re.compile(r"(?P<operator>!?)\s*(?P<key>.*)", re.DOTALL),
)
_NEGATIVE = ("notin", "!=", "!")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")
_FORMED = re.compile(r"[\s=!<>()]")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of one label: one of these values, or without values that it be there at all.

    `negated` where just that must not be so; a label that is missing fulfils it.
    """

    key: str
    values: tuple[str, ...] | None = None
    negated: bool = False

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels fulfil it."""
        value = labels.get(self.key)
        found = value is not None if self.values is None else value in self.values
        return found is not self.negated

    def __str__(self) -> str:
        """Return it as it is written."""
        if self.values is None:
            return f"!{self.key}" if self.negated else self.key
        if len(self.values) == 1:
            return f"{self.key}{'!=' if self.negated else '='}{self.values[0]}"
        return f"{self.key} {'notin' if self.negated else 'in'} ({','.join(self.values)})"


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that all have to hold."""

    requirements: tuple[Requirement, ...]

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels fulfil every requirement."""
        return all(requirement.holds(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        """Return it as it is written, without what it can do without."""
        return ",".join(map(str, self.requirements))


def parse_selector(text: str) -> Selector:
    """Return the selector that a text stands for; raises UsageError with the part that is wrong.

    An empty text is an error too: it comes from a variable that was not set, and would select
    everything.
    """
    return Selector(tuple(_requirement(part.strip(), text) for part in _COMMA_OUTSIDE.split(text)))


def _requirement(part: str, text: str) -> Requirement:
    if not part:
        raise _wrong(text, "nothing stands beside a comma" if text.strip() else "it is empty")
    found = next(filter(None, (shape.fullmatch(part) for shape in _SHAPES)))
    parts = found.groupdict()
    key, negated = parts["key"], parts["operator"] in _NEGATIVE
    if not key:
        raise _wrong(text, f"a label's name is missing in {part}")
    if not re.fullmatch(NAME, key):
        raise _wrong(text, f"{key} is no label's name", None if _FORMED.search(key) else _OF_NAMES)
    return Requirement(key, _values(parts, part, text), negated)


def _values(parts: Mapping[str, str], part: str, text: str) -> tuple[str, ...] | None:
    if "set" in parts:
        values = tuple(dict.fromkeys(value.strip() for value in parts["set"].split(",")))
        if "" in values:
            raise _wrong(text, f"a value is missing in {part}")
    elif "value" in parts:
        values = (parts["value"],)
    else:
        return None
    for value in values:
        if not re.fullmatch(VALUE, value):
            raise _wrong(text, f"{value} is no label's value", _OF_VALUES)
    return values


def _wrong(text: str, what: str, hint: str | None = None) -> UsageError:
    return UsageError(showable(f'--selector "{text}": {what}'), hint or _FORMS)
