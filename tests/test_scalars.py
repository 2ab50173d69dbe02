"""Unquoted words: a value on which YAML's readers agree, or a trap with a way out."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.authoring import scalars
from ringg_runner.authoring.scalars import Trap
from ringg_runner.times import MOMENT

TRAPS = {
    "is a boolean to some": [
        *("yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"),
    ],
    "is a number here": [
        *("+91", "+919876543210", "012", "0123", "08", "00", "-0", "-012", "0x1f", "0x1F", "0o17"),
        *("0b101", "1_000", "1__", "1234567890123456", "919876543210123456"),
        *("12e4567", "1e3", "1E3", "1.0e3", "1.0e+3", "-1e-3", "1.5", "1.10", "1.", ".5", "+.5"),
        *(".inf", "-.Inf", "+.INF", ".nan", ".NaN", "10:30", "10:30:59", "190:20:30", "-1:30"),
        *("0.0", "-0.0"),
    ],
    "is a date here": [
        *("2026-12-01", "2026-12-01 09:00:00", "2026-12-01 09:00:00Z"),
        *("2026-12-01 09:00:00 +05:30", "2026-12-01T09:00:00+5:30", "2026-1-1 9:00:00"),
    ],
    "has a meaning of its own": ["="],
}


@pytest.mark.parametrize(
    ("word", "says"), [(word, says) for says, words in TRAPS.items() for word in words]
)
def test_a_word_on_which_readers_disagree_is_a_trap_and_quotes_are_the_way_out(
    word: str, says: str
) -> None:
    trap = scalars.read(word)
    assert isinstance(trap, Trap)
    assert trap.message.startswith(f"{word} {says}")
    assert f'quote it: "{word}"' in trap.hint


def test_the_trap_of_a_boolean_names_the_words_that_all_readers_know() -> None:
    trap = scalars.read("yes")
    assert isinstance(trap, Trap)
    assert trap.hint == 'write true or false, or quote it: "yes"'


def test_the_trap_of_a_date_shows_a_whole_moment() -> None:
    trap = scalars.read("2026-12-01")
    assert isinstance(trap, Trap)
    assert "2026-12-01T09:00:00+05:30" in trap.hint


@pytest.mark.parametrize(
    ("word", "minutes"), [("10:30", "630"), ("10:30:59", "37859")], ids=["minutes", "seconds"]
)
def test_the_trap_of_a_time_of_day_names_the_number_it_would_become(
    word: str, minutes: str
) -> None:
    trap = scalars.read(word)
    assert isinstance(trap, Trap)
    assert f"({minutes} to readers of YAML 1.1)" in trap.message


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        ("0", 0),
        ("1", 1),
        ("-1", -1),
        ("999999999999999", 999_999_999_999_999),
    ],
)
def test_a_word_on_which_readers_agree_is_taken(word: str, value: object) -> None:
    assert scalars.read(word) is value or (
        scalars.read(word) == value and isinstance(value, int) and not isinstance(value, bool)
    )


@pytest.mark.parametrize(
    "word",
    [
        *("diwali-renewals", "123e4567-e89b-12d3-a456-426614174000", "tRUE", "nUll", "y", "n", "Y"),
        *("1.2.3", "1-2", "12:30am", "0x", "0xg", "_1", "1.5.", "--1", "+", "-", ".", "...", "1e"),
        *("08:30", "1e3x", "2026-12", "2026-1-1", "${agents.a}", "نعم", "٣", "inf", "nan", "NaN"),
    ],
)
def test_a_word_that_is_text_to_every_reader_is_text(word: str) -> None:
    assert scalars.read(word) == word


@pytest.mark.parametrize(
    "word",
    [
        *("2026-12-01T09:00:00+05:30", "2026-12-01T09:00:00Z", "2026-12-01T09:00Z"),
        *("2026-12-01T09:00:00", "2026-12-01T09:00"),
    ],
)
def test_a_moment_stays_the_text_it_is(word: str) -> None:
    assert scalars.read(word) == word


CORE_1_2 = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda word: int(word[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda word: int(word, 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda w: float(w.replace(".", "")),
    ),
)
"""The core schema, as the specification of YAML 1.2.2 has it in section 10.3.2."""


def by_yaml_1_2(word: str) -> object:
    for pattern, convert in CORE_1_2:
        if pattern.fullmatch(word):
            return convert(word)
    return word


def by_yaml_1_1(word: str) -> object:
    return yaml.safe_load(f"[{word}]")[0] if word else None


WORDS = (
    st.from_regex(r"[-+]?[0-9a-fox_:.eE]{1,8}", fullmatch=True)
    | st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9:.]{1,8}Z?)?", fullmatch=True)
    | st.from_regex(r"[a-zA-Z~=<][a-zA-Z]{0,5}", fullmatch=True)
    | st.sampled_from([word for words in TRAPS.values() for word in words])
)


def is_one_plain_word(word: str) -> bool:
    try:
        first, *others = (
            event for event in yaml.parse(f"[{word}]") if isinstance(event, yaml.ScalarEvent)
        )
    except (yaml.YAMLError, ValueError):
        return False
    return not others and first.style is None and first.value == word


@given(WORDS.filter(is_one_plain_word))
def test_a_value_that_is_taken_is_what_yaml_1_1_and_1_2_both_read(word: str) -> None:
    value = scalars.read(word)
    if isinstance(value, Trap) or MOMENT.fullmatch(word):
        return
    for other in (by_yaml_1_1(word), by_yaml_1_2(word)):
        assert (type(value), value) == (type(other), other)


@given(st.text())
def test_no_word_breaks_the_reading(word: str) -> None:
    scalars.read(word)
