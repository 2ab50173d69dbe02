"""Reads YAML that has nothing unusual about it, and leaves everything else to the exact reader.

Most files are right, and nobody asks where something stands in them. What comes out of here is
what `yaml_reader` would read and find nothing wrong with; wherever that is in doubt, nothing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from ringg_runner.authoring import marks, scalars, yaml_reader
from ringg_runner.authoring.documents import Document
from ringg_runner.authoring.yaml_reader import LOADER, MAX_DEPTH, MAX_DOCUMENTS, MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.events import Event

    from ringg_runner.authoring.documents import Json, Places
    from ringg_runner.diagnostics import Position


def read_documents(text: str, file: str) -> list[Document] | None:
    """Return the documents of a YAML text, or None where the exact reader has to look at it.

    The places in a document are read when one of them is asked for.
    """
    if yaml_reader.UNPRINTABLE.search(text):
        return None
    try:
        read = list(_documents(iter(LOADER(text).get_event, None)))
    except (_UnusualError, yaml.YAMLError):
        return None
    if len(read) > MAX_DOCUMENTS:
        return None
    again = _Again(text, file)
    return [
        Document(file, position, data, text, partial(again.places, number))
        for number, (position, data) in enumerate(read)
    ]


@dataclass(slots=True)
class _Again:
    """A text that is read once more, exactly, when somebody asks for a place in it."""

    text: str
    file: str
    _documents: list[Document] | None = None

    def places(self, number: int) -> Places:
        """Return the places in the document of this number, counted from 0."""
        if self._documents is None:
            found = yaml_reader.read_documents(self.text, self.file)
            self._documents = [item for item in found if isinstance(item, Document)]
        return self._documents[number].places()


class _UnusualError(Exception):
    """Something that the exact reader may have a word to say about."""


def _documents(events: Iterator[Event]) -> Iterator[tuple[Position, Json]]:
    for event in events:
        if type(event) is DocumentStartEvent:
            root = next(events)
            yield marks.position(root.start_mark), _Reading(events).value(root, MAX_DEPTH)


class _Reading:
    """One document's way from events to data."""

    __slots__ = ("events", "left")

    def __init__(self, events: Iterator[Event]) -> None:
        self.events = events
        self.left = MAX_VALUES

    def value(self, event: Any, depth: int) -> Json:
        """Return the value that begins with this event, and has so many levels at the most."""
        self.left -= 1
        if self.left < 0 or event.anchor is not None or event.tag is not None:
            raise _UnusualError
        kind = type(event)
        if kind is ScalarEvent:
            return event.value if event.style else _word(event.value)
        if depth == 0:
            raise _UnusualError
        return self._mapping(depth - 1) if kind is MappingStartEvent else self._sequence(depth - 1)

    def _mapping(self, depth: int) -> dict[str, Json]:
        entries: dict[str, Json] = {}
        while type(event := next(self.events)) is not MappingEndEvent:
            key = self.value(event, 0)
            if type(key) is not str or key in entries or key == "<<":
                raise _UnusualError
            entries[key] = self.value(next(self.events), depth)
        return entries

    def _sequence(self, depth: int) -> list[Json]:
        items: list[Json] = []
        while type(event := next(self.events)) is not SequenceEndEvent:
            items.append(self.value(event, depth))
        return items


def _word(word: str) -> str | bool | int | None:
    value = scalars.read(word)
    if isinstance(value, scalars.Trap):
        raise _UnusualError
    return value
