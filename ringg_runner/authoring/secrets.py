"""Finds API keys where they must never stand: in a file that goes into git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringg_runner import redaction
from ringg_runner.diagnostics import Diagnostic, Place, Position, error, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringg_runner.authoring.documents import Document
    from ringg_runner.authoring.fields import Text

SHORTEST = 8
"""Below so many characters a key is nobody's, and would be found in every other word."""


def written(documents: Iterable[Document], key: str | None = None) -> Iterator[Diagnostic]:
    """Yield every place that shows an API key: by its shape, or since it is this very key.

    Comments are looked at too: git keeps them as well as it keeps values.
    """
    pattern = _pattern(key)
    for file, text in {document.file: document.text for document in documents}.items():
        # Nearly every file shows none, and is done with here.
        if not pattern.search(text):
            continue
        lines = lines_of(text)
        for number, line in enumerate(lines, start=1):
            for found in pattern.finditer(line):
                start, end = (Position(number, offset + 1) for offset in found.span())
                place = Place(start, end).quoting(lines)
                yield _secret(file, place, "an API key stands here")


def sent(texts: Iterable[Text], key: str | None) -> Iterator[Diagnostic]:
    """Yield every field that would send this key: a reference may bring it from a variable."""
    if key is None or len(key) < SHORTEST:
        return
    for text in texts:
        # What is written here in full is found in the file itself.
        if key in text.value.text and key not in text.field.value:
            field = text.field
            message = "what this refers to holds the API key"
            yield _secret(field.document.file, field.place, message)


def _pattern(key: str | None) -> re.Pattern[str]:
    if key is None or len(key) < SHORTEST:
        return redaction.KEY
    return re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])|{redaction.KEY.pattern}")


def _secret(file: str, place: Place, message: str) -> Diagnostic:
    return error(
        file,
        place,
        "secret",
        message,
        "keep it in the environment variable or the key file, and have it replaced at Ringg: "
        "whoever saw this file knows it",
    )
