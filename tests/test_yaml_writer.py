"""What is written as YAML is read as the same data: by the reader, and by others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from build import a_document
from hypothesis import example, given
from hypothesis import strategies as st

from ringg_runner.authoring.documents import Document
from ringg_runner.authoring.yaml_reader import read_documents
from ringg_runner.authoring.yaml_writer import dump, scalar

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers(-(10**14), 10**14) | TEXTS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
IST = timezone(timedelta(hours=5, minutes=30))


@given(st.dictionaries(TEXTS, DATA, max_size=4))
@example({"list_id": "1_0", "b": "yes", "c": "12:30", "d": "2026-12-01", "e": "1.10", "f": "~"})
@example({"a": "x: y", "b": "x #y", "c": "- x", "d": "<<", "e": "=", "f": "${a}:", "g": "null"})
@example({"a": "\x7f\x85\u2028\ufeff\U0001f389", "b": "two\nlines\t", "c": " ", "d": ""})
@example({"a": {}, "b": [], "c": [[], {}, [1, {"x": [None]}]]})
def test_what_is_written_is_what_is_read(data: dict[str, Any]) -> None:
    assert a_document(dump(data)).data == data


@given(st.dictionaries(st.text("abc", min_size=1), TEXTS, max_size=4))
@example({"a": "2026-12-01T09:00:00+05:30", "b": "0o7", "c": ".inf", "d": "1e3", "e": "0x1F"})
def test_other_readers_take_no_text_for_anything_else(data: dict[str, str]) -> None:
    # PyYAML refuses what no YAML file may hold in plain sight; the writer escapes it.
    assert yaml.safe_load(dump(data)) == data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("diwali-renewals", "diwali-renewals"),
        ("${agents.renewals}", "${agents.renewals}"),
        (
            "https://hooks.example.com/r?campaign=${name}",
            "https://hooks.example.com/r?campaign=${name}",
        ),
        ("7c7595a7-5094-42b6-90d4-bf07f1e3a083", "7c7595a7-5094-42b6-90d4-bf07f1e3a083"),
        ("123", '"123"'),
        ("on", '"on"'),
        ("Asha Rao", '"Asha Rao"'),
        ('say "hi"', '"say \\"hi\\""'),
        (True, "true"),
        (None, "null"),
        (1, "1"),
        (datetime(2026, 12, 1, 9, tzinfo=IST), "2026-12-01T09:00:00+05:30"),
        (datetime(2026, 12, 1, 9, tzinfo=UTC), "2026-12-01T09:00:00+00:00"),
    ],
    ids=str,
)
def test_a_value_is_quoted_only_where_it_must_be(value: object, written: str) -> None:
    assert scalar(value) == written


def test_documents_are_written_one_below_the_other() -> None:
    text = dump(
        {"name": "a", "labels": {"team": "growth"}}, {"name": "b", "users": ["${users.ops}"]}
    )
    assert text == ("name: a\nlabels:\n  team: growth\n---\nname: b\nusers:\n  - ${users.ops}\n")
    documents = [item for item in read_documents(text, "f") if isinstance(item, Document)]
    assert [each.data["name"] for each in documents] == ["a", "b"]


def itself() -> dict[str, Any]:
    data: dict[str, Any] = {}
    data["again"] = data
    return data


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"a": 1.5}, "1.5 has no place in a manifest"),
        ({"a": {1, 2}}, "has no place in a manifest"),
        ({"a": b"x"}, "has no place in a manifest"),
        ({"a": datetime(2026, 12, 1)}, "has no place in a manifest"),
        ({1: "a"}, "the key 1 is no text"),
        ({"a": 10**15}, "is a number here, not text"),
        ({"a": "\ud800"}, "cannot stand in YAML"),
        (nested(40), "levels"),
        (itself(), "it holds itself"),
    ],
    ids=str,
)
def test_what_cannot_be_a_manifest_is_refused(data: dict[Any, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        dump(data)
