"""Holds the documents of a file against their JSON Schema, and says what is wrong as people do.

jsonschema is the authority on whether a document fits; this module owns the words. It knows
nothing of campaigns: the schemas do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft7Validator, FormatChecker, ValidationError, validators

from ringg_runner.authoring import branches, phrases, schemas
from ringg_runner.authoring.yaml_reader import read_documents
from ringg_runner.diagnostics import Diagnostic, Place, did_you_mean, error
from ringg_runner.times import ZONELESS, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringg_runner.authoring.documents import Document, Json, Pointer
    from ringg_runner.authoring.sources import SourceText
    from ringg_runner.diagnostics import Position

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or parse_moment(value) is not None


def read(source: SourceText, schema_name: str) -> tuple[list[Document], list[Diagnostic]]:
    """Return the documents of a text, and every finding of its reading and of its schema.

    Documents with findings are among them. A document without content is none.
    """
    documents: list[Document] = []
    findings: list[Diagnostic] = []
    explained: set[Position] = set()
    for item in read_documents(source.text, source.file):
        if isinstance(item, Diagnostic):
            findings.append(item)
            explained.add(item.position)
        elif item.data is not None:
            # What the reading has found at a place is the cause of what the schema sees there.
            misfits = validate(item, schema_name)
            findings += [finding for finding in misfits if finding.position not in explained]
            documents.append(item)
    return documents, findings


def validate(document: Document, schema_name: str) -> Iterator[Diagnostic]:
    """Yield every way in which the document does not fit the schema of that name."""
    yield from _misfits(document, _validator(schema_name))


def validate_by(document: Document, schema: dict[str, Any]) -> Iterator[Diagnostic]:
    """Yield every way in which the document does not fit a schema that is given itself."""
    yield from _misfits(document, _Draft7(schema, format_checker=_FORMATS))


def _misfits(document: Document, validator: Draft7Validator) -> Iterator[Diagnostic]:
    for whole in validator.iter_errors(document.data):
        for reported, branch in branches.expand(whole):
            failure = _Failure.of(reported, document, branch)
            yield from _EXPLAIN.get(failure.keyword, _other)(failure)


@cache
def _validator(schema_name: str) -> Draft7Validator:
    return _Draft7(schemas.load(schema_name), format_checker=_FORMATS)


def _pattern(
    _validator: object, pattern: str, value: Json, _schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Match as JSON Schema means it: to Python alone, `$` stands before a last line break too."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _unique(
    _validator: object, wanted: bool, value: Json, _schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Compare by hashes: jsonschema compares each item with each, where they cannot be sorted."""
    if wanted and isinstance(value, list) and len(set(map(phrases.canonical, value))) < len(value):
        yield ValidationError("an item is repeated")


_Draft7: type[Draft7Validator] = validators.extend(  # type: ignore[no-untyped-call]
    Draft7Validator, {"pattern": _pattern, "uniqueItems": _unique}
)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What jsonschema reports: `keyword: wanted` of `schema` does not hold for `value`."""

    document: Document
    pointer: Pointer
    keyword: str
    wanted: Any
    schema: dict[str, Any]
    value: Json
    message: str
    of_key: bool
    branch: str | None

    @classmethod
    def of(cls, reported: ValidationError, document: Document, branch: str | None) -> _Failure:
        return cls(
            document,
            tuple(reported.absolute_path),
            str(reported.validator),
            reported.validator_value,
            cast("dict[str, Any]", reported.schema),
            reported.instance,
            reported.message,
            "propertyNames" in reported.absolute_schema_path,
            branch,
        )

    @property
    def name(self) -> str:
        """The place as people write it: `start.not_before`, `email_completion_user_ids[0]`."""
        return phrases.name(self.pointer)

    def finding(
        self, rule: str, message: str, hint: str | None, at: Place | None = None
    ) -> Diagnostic:
        place = at or self.document.at(self.pointer)
        if self.branch:
            message = f"{message} ({self.branch})"
        return error(self.document.file, place, rule, message, hint)


def _missing(failure: _Failure) -> Iterator[Diagnostic]:
    for key in failure.wanted:
        # jsonschema fails once for every missing key, and names it in its message alone.
        if failure.message.startswith(f"{key!r} "):
            schema = failure.schema["properties"][key]
            example = schema.get("const") or schema.get("examples", ["…"])[0]
            yield failure.finding(
                "missing-key",
                f"{phrases.name((*failure.pointer, key))} is missing",
                f"add {key}: {example}",
            )


def _unknown(failure: _Failure) -> Iterator[Diagnostic]:
    known = failure.schema["properties"]
    for key in failure.value.keys() - known.keys():
        pointer = (*failure.pointer, key)
        yield failure.finding(
            "unknown-key",
            f"unknown key {phrases.name(pointer)}",
            did_you_mean(key, known) or f"known here: {', '.join(known)}",
            failure.document.at_key(pointer),
        )


def _wrong_type(failure: _Failure) -> Iterator[Diagnostic]:
    value = failure.value
    types = [failure.wanted] if isinstance(failure.wanted, str) else failure.wanted
    # That null is allowed too unsets a default; nobody who wrote a value has it in mind.
    wanted = [_TYPES[name] for name in types if name != "null"] or [_TYPES["null"]]
    words, hint = " or ".join(words for words, _ in wanted), wanted[0][1]
    if value is None:
        message, hint = f"{failure.name} has no value", "write one, or remove the key"
    elif isinstance(value, list | dict):
        message = f"{failure.name} must be {words}, not {phrases.shown(value)}"
    else:
        shown = phrases.shown(value)
        message = f"{failure.name} must be {words}, and {shown} is {phrases.kind(value)}"
        if "string" in types:
            hint = f'quote it: "{shown}"'
    yield failure.finding("wrong-type", message, hint)


def _wrong_value(failure: _Failure) -> Iterator[Diagnostic]:
    wanted = phrases.shown(failure.wanted)
    yield failure.finding(
        "wrong-value",
        f"{failure.name} must be {wanted}, not {phrases.literal(failure.value)}",
        f"write {wanted}",
    )


def _none_of(failure: _Failure) -> Iterator[Diagnostic]:
    known = [phrases.shown(value) for value in failure.wanted]
    if failure.of_key:
        pointer = (*failure.pointer, failure.value)
        yield failure.finding(
            "unknown-key",
            f"unknown key {phrases.name(pointer)}",
            did_you_mean(failure.value, known) or f"known here: {', '.join(known)}",
            failure.document.at_key(pointer),
        )
        return
    yield failure.finding(
        "wrong-value",
        f"{failure.name} must be {phrases.any_of(known)}, not {phrases.literal(failure.value)}",
        did_you_mean(phrases.shown(failure.value), known) or f"write {phrases.any_of(known)}",
    )


def _in_several_ways(failure: _Failure) -> Iterator[Diagnostic]:
    names = [schema["title"] for schema in failure.wanted if "title" in schema]
    yield failure.finding(
        "schema",
        f"{failure.name} can be read in more than one way",
        "leave what belongs to one alone" + (f": {phrases.any_of(names)}" if names else ""),
    )


def _malformed(failure: _Failure) -> Iterator[Diagnostic]:
    hint = failure.schema["patternErrorMessage"]
    if failure.of_key:
        place = failure.document.at_key((*failure.pointer, failure.value))
        message = f"{phrases.shown(failure.value)} is not a valid key in {failure.name}"
        yield failure.finding("malformed", message, hint, place)
    elif failure.value == "":
        yield from _empty(failure)
    else:
        message = f"{phrases.shown(failure.value)} is not valid as {failure.name}"
        yield failure.finding("malformed", message, hint)


def _no_moment(failure: _Failure) -> Iterator[Diagnostic]:
    if ZONELESS.fullmatch(failure.value):
        yield failure.finding(
            "no-zone",
            f"{failure.name} has no zone: {failure.value}",
            f"add it, as in {failure.value}+05:30 or {failure.value}Z",
        )
        return
    yield failure.finding(
        "not-a-moment",
        f"{failure.name} is not a moment: {phrases.shown(failure.value)}",
        "write it with its time and zone, as in 2026-12-01T09:00:00+05:30",
    )


def _repeated(failure: _Failure) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, item in enumerate(failure.value):
        written = phrases.canonical(item)
        known = written in seen
        seen.add(written)
        if known:
            yield failure.finding(
                "repeated",
                f"{phrases.shown(item)} stands in {failure.name} a second time",
                "remove one of the two",
                failure.document.at((*failure.pointer, index)),
            )


def _empty(failure: _Failure) -> Iterator[Diagnostic]:
    yield failure.finding("empty", f"{failure.name} is empty", "write a value, or remove the key")


def _other(failure: _Failure) -> Iterator[Diagnostic]:
    yield failure.finding("schema", f"{failure.name}: {failure.message}", None)


_EXPLAIN: dict[str, Callable[[_Failure], Iterator[Diagnostic]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _wrong_type,
    "const": _wrong_value,
    "enum": _none_of,
    "oneOf": _in_several_ways,
    "pattern": _malformed,
    "format": _no_moment,
    "uniqueItems": _repeated,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
}

_TYPES: dict[str, tuple[str, str]] = {
    "string": ("text", "write one text after the colon"),
    "boolean": ("true or false", "write true or false, without quotes"),
    "array": ("a list", "write it between brackets, or one item a line after a hyphen"),
    "object": ("a mapping", "write one key: value a line, indented"),
    "number": ("a number", "write a number, without quotes"),
    "null": ("null", "write null, or remove the key"),
    "integer": ("a whole number", "write a number, without quotes"),
}
