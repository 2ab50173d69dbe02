"""What fits no branch of a schema, or several, is told in the words of the branch that was meant.

The schemas of manifests and project files have no branches yet, so these tests bring their own.
"""

from typing import Any

import pytest
from build import a_document

from ringg_runner.authoring.validation import validate_by
from ringg_runner.diagnostics import Diagnostic

DAILY = {
    "title": "a daily start",
    "type": "object",
    "additionalProperties": False,
    "required": ["kind", "at"],
    "properties": {
        "kind": {"const": "daily"},
        "at": {"type": "string", "examples": ["09:00"]},
        "days": {"type": "array"},
    },
}
ONCE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind", "moment"],
    "properties": {"moment": {"type": "string"}, "kind": {"const": "once"}},
}


def findings(text: str, choice: str, *branches: dict[str, Any]) -> list[Diagnostic]:
    schema = {
        "properties": {"start": {choice: list(branches)}},
        "definitions": {"daily": DAILY, "count": {"type": "integer"}},
    }
    return list(validate_by(a_document(text), schema))


CHOICES = pytest.mark.parametrize("choice", ["anyOf", "oneOf"])


@CHOICES
@pytest.mark.parametrize(
    ("start", "place", "message", "hint"),
    [
        ("{kind: daily}", (1, 8), "start.at is missing (a daily start)", "add at: 09:00"),
        ("{kind: once}", (1, 8), "start.moment is missing (kind: once)", "add moment: …"),
        ("{kind: once, moment: 9}", (1, 29),
         "start.moment must be text, and 9 is a number (kind: once)", 'quote it: "9"'),
        ("{kind: daily, at: a, dys: []}", (1, 29),
         "unknown key start.dys (a daily start)", "did you mean days?"),
        ("{kind: daili, at: a}", (1, 15),
         'start.kind must be daily, not "daili" (a daily start)', "write daily"),
        ("9", (1, 8), "start must be a mapping, and 9 is a number", "write one key: value a line, "
         "indented"),
    ],
)  # fmt: skip
def test_a_misfit_is_told_for_the_branch_that_was_meant(
    choice: str, start: str, place: tuple[int, int], message: str, hint: str
) -> None:
    (told,) = findings(f"start: {start}", choice, DAILY, ONCE)
    assert (told.position, told.message, told.hint) == (place, message, hint)


@CHOICES
def test_where_no_type_fits_all_are_named(choice: str) -> None:
    (told,) = findings("start: [a]", choice, {"$ref": "#/definitions/count"}, {"type": "string"})
    assert told.message == "start must be a whole number or text, not a list"
    (told,) = findings("start: [a]", choice, DAILY, {"type": ["string", "null"]})
    assert told.message == "start must be a mapping or text, not a list"
    (told,) = findings("start: [a]", choice, {"type": "null"})
    assert told.message == "start must be null, not a list"


@CHOICES
def test_a_branch_that_is_kept_elsewhere_is_looked_into(choice: str) -> None:
    branch = {"$ref": "#/definitions/daily"}
    (told,) = findings("start: {kind: daily}", choice, branch, {"type": "string"})
    assert (told.rule, told.message) == ("missing-key", "start.at is missing")


def test_a_branch_within_a_branch_is_the_one_that_is_named() -> None:
    inner = {"title": "some start", "anyOf": [DAILY, ONCE]}
    (told,) = findings("start: {kind: daily}", "oneOf", inner, {"type": "string"})
    assert told.message == "start.at is missing (a daily start)"


def test_all_mistakes_within_the_meant_branch_are_told() -> None:
    told = findings("start: {kind: daily, days: 1}", "anyOf", ONCE, DAILY)
    assert [finding.message for finding in told] == [
        "start.at is missing (a daily start)",
        "start.days must be a list, and 1 is a number (a daily start)",
    ]


@pytest.mark.parametrize(
    ("titles", "hint"),
    [
        (("a name", "a number"), "leave what belongs to one alone: a name or a number"),
        ((None, None), "leave what belongs to one alone"),
    ],
)
def test_what_fits_several_branches_is_told_without_their_schemas(
    titles: tuple[str | None, str | None], hint: str
) -> None:
    branches = [{"title": title} if title else {} for title in titles]
    (told,) = findings("start: a", "oneOf", *branches)
    assert (told.rule, told.message) == ("schema", "start can be read in more than one way")
    assert told.hint == hint


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("warn", 'start must be off, info or warning, not "warn"', "did you mean warning?"),
        ("12", "start must be off, info or warning, not 12", "write off, info or warning"),
        ("[]", "start must be off, info or warning, not a list", "write off, info or warning"),
    ],
)
def test_a_choice_of_words_is_told_with_its_words(value: str, message: str, hint: str) -> None:
    schema = {"properties": {"start": {"enum": ["off", "info", "warning"]}}}
    (told,) = validate_by(a_document(f"start: {value}"), schema)
    assert (told.rule, told.message, told.hint) == ("wrong-value", message, hint)


@pytest.mark.parametrize(("key", "hint"), [("dayly", "did you mean daily?"), ("zz", "known here")])
def test_a_key_that_is_none_of_the_known_words_is_told_at_its_place(key: str, hint: str) -> None:
    schema = {"properties": {"start": {"propertyNames": {"enum": ["daily", "once"]}}}}
    (told,) = validate_by(a_document(f"start: {{{key}: 1}}"), schema)
    assert (told.rule, told.message) == ("unknown-key", f"unknown key start.{key}")
    assert told.position == (1, 9)
    assert hint in (told.hint or "")


def test_a_const_of_another_type_is_told_with_what_stands_there() -> None:
    (told,) = validate_by(a_document("start: [1]"), {"properties": {"start": {"const": "a"}}})
    assert told.message == "start must be a, not a list"
