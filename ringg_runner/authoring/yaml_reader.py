"""Reads YAML text into plain data that remembers where every key and value stands.

It owns YAML: its syntax, its traps and the bounds on what one file may hold. It works on the
parser's events, so that tags, anchors and quotes are seen before anything is converted. What the
data means is none of its business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import yaml

from ringg_runner.authoring import marks, scalars
from ringg_runner.authoring.documents import Document, Places
from ringg_runner.diagnostics import (
    START,
    Diagnostic,
    Place,
    did_you_mean,
    error,
    lines_of,
    place_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.events import Event

    from ringg_runner.authoring.documents import Json, Pointer

MAX_DEPTH = 32
MAX_DOCUMENTS = 2_000
MAX_VALUES = 20_000
"""How many values one document may hold once its aliases are expanded; an alias bomb has more."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UNPRINTABLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)


def read_documents(text: str, file: str) -> Iterator[Document | Diagnostic]:
    """Yield each document of a YAML text, and every finding on the way, in the file's order.

    A document with findings is yielded too, so that later checks can add theirs; a syntax error
    ends the file, after the documents before it.
    """
    unprintable = UNPRINTABLE.search(text)
    if unprintable:
        yield error(
            file,
            place_in(text, unprintable.start()),
            "yaml-syntax",
            f"the character {unprintable.group()!a} cannot stand in YAML",
            "remove it, or write it as an escape between double quotes",
        )
        return
    reader = _Reader(text, file)
    try:
        while (document := reader.next_document()) is not None:
            yield from reader.take_findings()
            yield document
    except _RefusedError as refused:
        yield from reader.take_findings()
        yield refused.finding
    except yaml.MarkedYAMLError as broken:
        yield from reader.take_findings()
        yield _syntax_error(broken, text, file)


class _RefusedError(Exception):
    """Ends the reading of a file with a finding."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Reader:
    """Walks the parser's events; what it finds wrong and can pass over, it collects."""

    text: str
    file: str
    _events: Iterator[Event] = field(init=False)
    _lines: tuple[str, ...] = field(init=False)
    _findings: list[Diagnostic] = field(init=False, default_factory=list)
    _keys: dict[Pointer, Place] = field(init=False, default_factory=dict)
    _values: dict[Pointer, Place] = field(init=False, default_factory=dict)
    _anchors: dict[str, tuple[Json, int]] = field(init=False, default_factory=dict)
    _count: int = field(init=False, default=0)
    _documents: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._events = yaml.parse(self.text, Loader=LOADER)
        self._lines = lines_of(self.text)

    def take_findings(self) -> list[Diagnostic]:
        found, self._findings = self._findings, []
        return found

    def next_document(self) -> Document | None:
        """Return the next document, or None at the end of the file."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        else:
            return None
        self._documents += 1
        if self._documents > MAX_DOCUMENTS:
            self._refuse(
                marks.place(event, self._lines),
                "too-many-documents",
                f"this file holds more than {MAX_DOCUMENTS:,} documents",
                "split it into several files",
            )
        self._keys, self._values, self._anchors, self._count = {}, {}, {}, 0
        data = self._value(next(self._events), ())
        start = self._values[()].start
        places = Places(self._keys, self._values, self._lines)
        return Document(self.file, start, data, self.text, lambda: places)

    def _value(self, event: Event, pointer: Pointer) -> Json:
        place = marks.place(event, self._lines)
        self._values[pointer] = place
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        before = self._count
        self._spend(1, place)
        if event.tag is not None:
            self._find(place, "yaml-tag", f"the tag {event.tag} is not allowed", "remove the tag")
        value: Json
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, place)
        elif len(pointer) >= MAX_DEPTH:
            self._refuse(
                place,
                "too-deep",
                f"nested deeper than {MAX_DEPTH} levels",
                "write it flatter",
            )
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(pointer)
        else:
            value = self._sequence(pointer)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before)
        return value

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Json:
        if not _is_plain(event) or event.tag is not None:
            return event.value
        value = scalars.read(event.value)
        if isinstance(value, scalars.Trap):
            self._find(place, "ambiguous-scalar", value.message, value.hint)
            return event.value
        return value

    def _sequence(self, pointer: Pointer) -> list[Json]:
        items: list[Json] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*pointer, len(items))))
        self._close(pointer, event)
        return items

    def _mapping(self, pointer: Pointer) -> dict[str, Json]:
        entries: dict[str, Json] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, place = self._key(event)
            if key is None:
                # Read on, for what the value itself has to say, and keep nothing of it.
                self._value(next(self._events), (*pointer, ""))
                continue
            if key in entries:
                first = self._keys[*pointer, key]
                self._find(
                    place,
                    "duplicate-key",
                    f"the key {key} stands here a second time",
                    f"keep one of the two; the first is on line {first.start.line}",
                )
                self._skip()
                continue
            self._keys[*pointer, key] = place
            entries[key] = self._value(next(self._events), (*pointer, key))
        self._close(pointer, event)
        return entries

    def _close(self, pointer: Pointer, last: Event) -> None:
        """Note how far a collection reaches."""
        self._values[pointer] = marks.first_line(self._values[pointer].start, last, self._lines)

    def _key(self, event: Event) -> tuple[str | None, Place]:
        """Return a key's text, or None where the key is no text."""
        place = marks.place(event, self._lines)
        if not isinstance(event, yaml.ScalarEvent):
            self._find(place, "key-not-text", "a key must be text", "write the key as a word")
            if not isinstance(event, yaml.AliasEvent):
                self._skip(event)
            return None, place
        self._spend(1, place)
        if event.tag is not None:
            self._find(place, "yaml-tag", f"the tag {event.tag} is not allowed", "remove the tag")
        key = self._scalar(event, place)
        if key == "<<" and _is_plain(event):
            self._find(
                place,
                "merge-key",
                "merge keys are not allowed: YAML 1.2 does not know them",
                "write the keys out, or put shared values under defaults in ringg-runner.yaml",
            )
            return None, place
        if not isinstance(key, str):
            self._find(
                place,
                "key-not-text",
                f"a key must be text, and {event.value or 'nothing'} is not",
                f'quote it: "{event.value}"',
            )
            return None, place
        return key, place

    def _skip(self, event: Event | None = None) -> None:
        """Pass over a whole value."""
        event = event or next(self._events)
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return
            event = next(self._events)

    def _alias(self, event: yaml.AliasEvent, place: Place) -> Json:
        name = str(event.anchor)
        known = self._anchors.get(name)
        if known is None:
            self._spend(1, place)
            self._find(
                place,
                "unknown-alias",
                f"*{name} refers to nothing that is complete before it",
                did_you_mean(name, self._anchors) or f"define it above: &{name}",
            )
            return None
        value, size = known
        self._spend(size, place)
        return value

    def _spend(self, values: int, place: Place) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            self._refuse(
                place,
                "too-many-values",
                f"this document holds more than {MAX_VALUES:,} values, aliases expanded",
                "split it into several documents or files",
            )

    def _find(self, place: Place, rule: str, message: str, hint: str) -> None:
        self._findings.append(self._error(place, rule, message, hint))

    def _refuse(self, place: Place, rule: str, message: str, hint: str) -> NoReturn:
        raise _RefusedError(self._error(place, rule, message, hint))

    def _error(self, place: Place, rule: str, message: str, hint: str) -> Diagnostic:
        return error(self.file, place.quoting(self._lines), rule, message, hint)


def _is_plain(event: yaml.ScalarEvent) -> bool:
    # libyaml's parser says "" where PyYAML's own says None.
    return not event.style


def _syntax_error(broken: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    mark = broken.problem_mark or broken.context_mark
    problem = broken.problem or "this is not YAML"
    culprit = text[mark.index : mark.index + 1] if mark else ""
    return error(
        file,
        Place(marks.position(mark)).quoting(lines_of(text)) if mark else START,
        "yaml-syntax",
        f"{problem}, {broken.context}" if broken.context else problem,
        _syntax_hint(problem, culprit),
    )


def _syntax_hint(problem: str, culprit: str) -> str:
    if culprit == "\t":
        return "indent with spaces: YAML allows no tab here"
    if culprit in ("@", "`", "%"):
        return f"quote a text that begins with {culprit}"
    if "mapping values are not allowed" in problem:
        return "check the indentation, and quote a text that contains a colon"
    return "check the indentation, the quotes and the brackets here and on the line before"
