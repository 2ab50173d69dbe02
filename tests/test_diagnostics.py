"""Findings: their order, their number, and the places they name."""

from itertools import permutations

import pytest
from build import a_finding
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.diagnostics import (
    MAX_QUOTE,
    Place,
    Position,
    Quote,
    Severity,
    count,
    did_you_mean,
    error,
    in_order,
    lines_of,
    position_in,
    warning,
)
from ringg_runner.errors import ExitCode, FindingsError, InvalidInputError, RunnerError, UsageError

ORDERED = (
    a_finding(file="a.yaml", position=Position(2, 9)),
    a_finding(file="a.yaml", position=Position(10, 1)),
    a_finding(file="b.yaml", rule="a-rule", message="a"),
    a_finding(file="b.yaml", rule="a-rule", message="b"),
    a_finding(file="b.yaml", rule="b-rule", message="a"),
)


def test_findings_come_by_file_and_place_in_whatever_order_they_were_made() -> None:
    assert {in_order(found) for found in permutations(ORDERED)} == {ORDERED}


def test_a_finding_made_twice_is_told_once() -> None:
    assert in_order([a_finding(), a_finding()]) == (a_finding(),)


def test_findings_that_differ_in_their_hint_alone_are_both_told() -> None:
    hinted = a_finding(hint="mend it")
    assert in_order([hinted, a_finding()]) == (a_finding(), hinted)


def test_an_error_and_a_warning_are_counted_apart() -> None:
    place = Position(1, 1)
    findings = [error("f", place, "r", "m"), warning("f", place, "r", "m", "h")]
    assert [count(findings, severity) for severity in Severity] == [1, 1, 0]
    assert [finding.hint for finding in findings] == [None, "h"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [("lst_id", "did you mean list_id?"), ("zzz", None), ("", None)],
    ids=["near", "far", "nothing"],
)
def test_the_nearest_known_word_is_proposed(word: str, hint: str | None) -> None:
    assert did_you_mean(word, {"agent_id", "list_id", "name"}) == hint


def test_of_two_words_equally_near_the_same_one_is_proposed_whatever_their_order() -> None:
    words = ["axb", "ayb", "azb"]
    assert len({did_you_mean("ab", order) for order in permutations(words)}) == 1


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_lines_are_counted_by_the_breaks_of_yaml(line_break: str) -> None:
    text = f"é{line_break}😀x"
    assert lines_of(text) == ("é", "😀x")
    assert position_in(text, text.index("x")) == Position(2, 2)


@given(st.text(alphabet="ab\r\n\x0b\x85"), st.data())
def test_a_position_leads_back_to_the_character_it_was_made_of(
    before: str, data: st.DataObject
) -> None:
    text = f"{before}x{data.draw(st.text(alphabet='ab'))}"
    line, column = position_in(text, len(before))
    assert lines_of(text)[line - 1][column - 1] == "x"


def test_a_finding_takes_the_end_and_the_line_of_its_place() -> None:
    place = Place(Position(2, 1), Position(2, 3)).quoting(["a", "bcd"])
    finding = error("f", place, "r", "m")
    assert (finding.position, finding.end, finding.quote) == ((2, 1), (2, 3), Quote("bcd"))


def test_a_place_beyond_the_last_line_has_none_to_quote() -> None:
    place = Place(Position(3, 1))
    assert place.quoting(["a", "b"]) is place


@pytest.mark.parametrize("column", [1, 400, 501, 5_000, 10_000])
def test_of_a_very_long_line_the_part_around_the_column_is_kept(column: int) -> None:
    line = "".join(chr(0x4E00 + n) for n in range(10_000))
    quote = Quote.of(line, column)
    assert len(quote.text) <= MAX_QUOTE
    assert quote.text[column - quote.column] == line[column - 1]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RunnerError("m", "h"), ExitCode.FAILED),
        (UsageError("m", "h"), ExitCode.USAGE),
        (InvalidInputError("m", "h"), ExitCode.INVALID),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_keeps_its_sentence_and_the_way_out(failure: RunnerError, code: ExitCode) -> None:
    assert (str(failure), failure.hint, failure.exit_code) == ("m", "h", code)


def test_findings_travel_with_their_error() -> None:
    failure = FindingsError("m", iter([a_finding()]))
    assert failure.findings == (a_finding(),)
    assert failure.exit_code is ExitCode.INVALID
