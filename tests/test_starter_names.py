"""Aliases from names: valid, told apart, and without what is nobody else's business."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringg_runner.authoring import schemas
from ringg_runner.starter.names import alias, is_name, is_private, without_private

ALIAS = re.compile(
    schemas.load("project")["properties"]["environments"]["propertyNames"]["pattern"]
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sales Assistant", "sales-assistant"),
        ("Café — Zürich!", "cafe-zurich"),
        ("__init__", "init"),
        ("2026 renewals", "agent-2026-renewals"),
        ("दिवाली", "agent-1"),
        ("", "agent-1"),
        ("Diwali 2026-12-01", "diwali-2026-12-01"),
        ("Diwali 20261201", "diwali-20261201"),
        ("Line +91 98123 45678", "line"),
        ("9812345678", "agent-1"),
        ("(022) 2765-4321 desk", "desk"),
        ("asha@example.com", "agent-1"),
        ("key rg_live_0123abcd", "key"),
        ("a" * 90, "a" * 40),
    ],
)
def test_a_name_becomes_an_alias(text: str, name: str) -> None:
    assert alias(text, "agent", set()) == name


def test_aliases_that_are_taken_get_a_number() -> None:
    taken: set[str] = set()
    names = ["Diwali", "diwali", "Diwali 2", "DIWALI!", "", "—"]
    assert [alias(name, "list", taken) for name in names] == [
        "diwali",
        "diwali-2",
        "diwali-2-2",
        "diwali-3",
        "list-1",
        "list-2",
    ]


@given(st.lists(st.text(), max_size=8), st.sampled_from(["agent", "list", "pool", "user"]))
@example(["1", "01", "\u0660"], "list")
def test_every_alias_is_valid_and_stands_for_one_thing(texts: list[str], kind: str) -> None:
    taken: set[str] = set()
    names = [alias(text, kind, taken) for text in texts]
    assert len(set(names)) == len(names)
    assert all(ALIAS.search(name) and is_name(name) for name in names)


@given(st.integers(10**9, 10**13 - 1), st.sampled_from(["{}", "+{}", "Asha {}", "{} x", "a({})"]))
def test_a_phone_number_never_gets_through(number: int, around: str) -> None:
    text = around.format(number)
    assert str(number) not in alias(text, "user", set())
    assert str(number) not in without_private(text)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("+919812345678", True),
        ("asha@example.com", True),
        ("ringg_live_12ab", True),
        ("user-ops", False),
        ("12345678-1234-1234-1234-123456789012", False),
        ("123456", False),
    ],
)
def test_an_id_that_is_a_phone_number_is_private(text: str, private: bool) -> None:
    assert is_private(text) is private
