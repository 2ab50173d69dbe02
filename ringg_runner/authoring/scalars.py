"""What an unquoted YAML word means, and whether YAML's readers agree on it.

PyYAML reads YAML 1.1, editors and most other tools read 1.2. Where the two give the same value it
is taken; where they differ, or turn what looks like text into something else, the word is a trap,
and the trap is named instead of converted. A decimal is one: 1.10 would come out as 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import yaml

from ringg_runner.times import MOMENT, ZONELESS

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
# 15 digits: what every reader, those with binary floating point included, keeps exactly.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_CORE_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_TIME_OF_DAY = re.compile(r"[0-9]{1,2}(?::[0-9]{2}){1,2}")
_TAG = "tag:yaml.org,2002:"
_YAML_1_1 = yaml.SafeLoader.yaml_implicit_resolvers


@dataclass(frozen=True, slots=True)
class Trap:
    """Why an unquoted word is refused, and how to write it instead."""

    message: str
    hint: str


@lru_cache(maxsize=1_024)
def read(word: str) -> str | bool | int | Trap | None:
    """Return the value on which the readers of YAML agree, or the trap they would fall into."""
    if word[:1] not in _YAML_1_1:
        # No number, boolean or the like begins as this word does: most words are done with here.
        return word
    if _NULL.fullmatch(word):
        return None
    if _BOOLEAN.fullmatch(word):
        return word.lower() == "true"
    if _INTEGER.fullmatch(word) and word != "-0":
        return int(word)
    if MOMENT.fullmatch(word) or ZONELESS.fullmatch(word):
        # A moment stays the text it is: nothing is lost, nothing else can be meant, and whether
        # it needs a zone is for the schema to say.
        return word
    return _trap(word) or word


def _trap(word: str) -> Trap | None:
    reading = _reading_1_1(word)
    quoted = f'quote it: "{word}"'
    if reading == "bool":
        return Trap(
            f"{word} is a boolean to some YAML readers and text to others",
            f"write true or false, or {quoted}",
        )
    if reading == "timestamp":
        return Trap(
            f"{word} is a date here, not text",
            f"{quoted}; a moment needs its time and zone too, as in 2026-12-01T09:00:00+05:30",
        )
    if reading in ("int", "float") or _CORE_NUMBER.fullmatch(word):
        return Trap(f"{word} is a number here, not text{_in_minutes(word)}", quoted)
    if reading == "value":
        return Trap(f"{word} has a meaning of its own in YAML", quoted)
    return None


def _in_minutes(word: str) -> str:
    """Name the number that an old reader makes of a time of day, since nobody expects it."""
    if not _TIME_OF_DAY.fullmatch(word):
        return ""
    return f" ({yaml.safe_load(word)} to readers of YAML 1.1)"


def _reading_1_1(word: str) -> str | None:
    """Return what PyYAML takes the word for, by PyYAML's own table."""
    for tag, pattern in _YAML_1_1.get(word[:1], ()):
        if pattern.match(word):
            return str(tag).removeprefix(_TAG)
    return None
