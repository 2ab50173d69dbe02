"""What came back for a request: an answer, nothing for sure, or nothing that tells anything.

It reads an answer's body tolerantly, since nobody documents the shape of the API's errors, and
hides what must not be seen before anything else can look. What the answer means is not said here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ringg_runner.redaction import Redactor, showable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BODY = 65_536
"""How many bytes of an answer are read."""

MAX_DETAIL = 300
"""How many characters of an answer are shown."""

# What nobody closes runs to the end: then no text is read more than once, however often it opens.
_MARKUP = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<head\b.*?(?:</head\s*>|(?=<body\b)|\Z)"
    r"|<!--.*?(?:-->|\Z)|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its JSON, or None, and every text in it.

    `flags` are the names of the fields that are true; `retry_after` is the header as it came.
    """

    status: int
    data: Any = field(default=None, repr=False)
    texts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    retry_after: str | None = None

    @property
    def detail(self) -> str:
        """What the server said, for people: one line that no terminal obeys."""
        return showable("; ".join(dict.fromkeys(self.texts)), MAX_DETAIL)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request's first byte never left: nothing can have happened."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something was sent and no whole answer came back: anything may have happened."""

    reason: str


Reply: TypeAlias = Answer | NotSent | Lost


def read_answer(status: int, headers: Mapping[str, str], body: bytes, redactor: Redactor) -> Answer:
    """Return an answer, with everything secret hidden in every text of it."""
    retry_after = headers.get("retry-after")
    if retry_after is not None:
        retry_after = redactor.hide(retry_after)
    try:
        data = _hidden(json.loads(body), redactor)
        return Answer(status, data, tuple(_texts(data)), tuple(_flags(data)), retry_after)
    except (ValueError, RecursionError):
        text = _MARKUP.sub(" ", redactor.hide(body.decode("utf-8", "replace"))).strip()
        return Answer(status, None, (text,) if text else (), (), retry_after)


def _hidden(data: Any, redactor: Redactor) -> Any:
    if isinstance(data, str):
        return redactor.hide(data)
    if isinstance(data, list):
        return [_hidden(item, redactor) for item in data]
    if isinstance(data, dict):
        return {redactor.hide(key): _hidden(value, redactor) for key, value in data.items()}
    return data


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    for item in _inside(data):
        yield from _texts(item)


def _flags(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from (key for key, value in data.items() if value is True)
    for item in _inside(data):
        yield from _flags(item)


def _inside(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return list(data.values())
    return data if isinstance(data, list) else []
