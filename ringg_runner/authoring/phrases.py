"""Keys and values in the words that messages use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringg_runner.authoring.documents import Json, Pointer


def name(pointer: Pointer) -> str:
    """Return a place as people write it: `start.not_before`, `email_completion_user_ids[0]`."""
    if not pointer:
        return "the document"
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in pointer)
    return "".join(parts).removeprefix(".")


def shown(value: Json) -> str:
    """Return a value as it is written, without quotes; a list or a mapping as what it is."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return value if isinstance(value, str) else json.dumps(value)


def literal(value: Json) -> str:
    """Return a value such that text and number can be told apart."""
    return shown(value) if isinstance(value, dict | list) else json.dumps(value)


def canonical(value: Json) -> str:
    """Return the same text for values that are the same, and for no others."""
    return json.dumps(value, sort_keys=True)


def any_of(words: list[str]) -> str:
    """Put the words of a choice in a row: `off, info, warning or error`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def kind(value: bool | float | str) -> str:
    """Return what a single value is."""
    if isinstance(value, bool):
        return "a boolean"
    return "text" if isinstance(value, str) else "a number"
