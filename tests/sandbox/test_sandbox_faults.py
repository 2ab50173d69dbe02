"""Which faults there are, how they are written, and when one applies."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.sandbox import Fault, FaultKind, parse_fault
from ringg_runner.sandbox.faults import AFTER_START, BEFORE_START, EVERY_LIST, Faults

START_KINDS = sorted(BEFORE_START | AFTER_START)


# --- the notation


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_kind_can_be_written(kind: FaultKind) -> None:
    assert parse_fault(f"{kind}:l-1") == Fault(kind, "l-1")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lost:*", Fault(FaultKind.LOST, EVERY_LIST)),
        ("lost:*:2", Fault(FaultKind.LOST, "*", 2)),
        ("lost-before:l-1:1", Fault(FaultKind.LOST_BEFORE, "l-1", 1)),
        ("html:7", Fault(FaultKind.HTML, "7")),
        ("html:7:8", Fault(FaultKind.HTML, "7", 8)),
        ("late:urn:x:1000000", Fault(FaultKind.LATE, "urn:x", 1_000_000)),
        ("hidden:सूची", Fault(FaultKind.HIDDEN, "सूची")),
    ],
)
def test_a_fault_names_a_kind_a_list_and_perhaps_how_often(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no fault; there are: lost, lost-before, late, "),
        ("lots:l-1", "'lots' is no fault; there are: lost, "),
        ("LOST:l-1", "'LOST' is no fault"),
        ("lost", "'lost' names no list; write lost:LIST_ID, or lost:* for every one"),
        ("lost:", "the list in 'lost:' must be an id: not empty, without white space"),
        ("lost::2", "the list in 'lost::2' must be an id"),
        ("lost:l 1", "the list in 'lost:l 1' must be an id"),
        ("lost:l\t1", "the list in 'lost:l\\t1' must be an id"),
        ("lost:l-1:", "'' in 'lost:l-1:' must be a number of times, between 1 and 1000000"),
        ("lost:l-1:0", "'0' in 'lost:l-1:0' must be a number of times"),
        ("lost:l-1:-1", "'-1' in 'lost:l-1:-1' must be a number of times"),
        ("lost:l-1:1.5", "'1.5' in 'lost:l-1:1.5' must be a number of times"),
        ("lost:l-1:٣", "'٣' in 'lost:l-1:٣' must be a number of times"),
        ("lost:l-1:1000001", "'1000001' in 'lost:l-1:1000001' must be a number of times"),
        ("lost:l-1:" + "9" * 5000, "must be a number of times"),
        ("lost:urn:x", "'x' in 'lost:urn:x' must be a number of times"),
    ],
    ids=lambda value: value[:24],
)
def test_what_is_no_fault_is_refused_with_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_fault(text)
    assert problem in str(caught.value)


@given(st.text() | st.builds("{}:{}".format, st.sampled_from(FaultKind), st.text()))
def test_any_text_is_a_fault_of_some_id_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        fault = parse_fault(text)
        times = "" if fault.times is None else f":{fault.times}"
        assert text.startswith(f"{fault.kind}:{fault.list_id}")
        assert parse_fault(f"{fault.kind}:{fault.list_id}{times}") == fault


# --- when one applies


def of_starts(faults: Faults, list_id: str, times: int) -> list[FaultKind | None]:
    return [faults.of_start(list_id) for _ in range(times)]


def test_without_faults_nothing_goes_wrong() -> None:
    faults = Faults()
    assert faults.of_start("l-1") is None
    assert faults.preparing_seconds("l-1") == 0
    assert not faults.hides("l-1")
    assert not faults.lags("l-1")
    assert faults.lagging() == []


@pytest.mark.parametrize("kind", START_KINDS)
def test_a_fault_of_a_start_applies_to_its_list_for_ever(kind: FaultKind) -> None:
    faults = Faults([Fault(kind, "l-1")])
    assert of_starts(faults, "l-1", 5) == [kind] * 5
    assert of_starts(faults, "l-2", 2) == [None] * 2


def test_a_fault_for_some_times_leaves_the_list_alone_afterwards() -> None:
    faults = Faults([Fault(FaultKind.THROTTLED, "l-1", 2)])
    assert of_starts(faults, "l-1", 4) == [FaultKind.THROTTLED, FaultKind.THROTTLED, None, None]


def test_the_times_of_a_fault_of_every_list_count_for_each_list() -> None:
    faults = Faults([Fault(FaultKind.LOST, EVERY_LIST, 1)])
    assert of_starts(faults, "l-1", 2) == [FaultKind.LOST, None]
    assert of_starts(faults, "l-2", 2) == [FaultKind.LOST, None]


def test_faults_of_one_list_apply_one_after_the_other_in_their_order() -> None:
    faults = Faults(map(parse_fault, ("throttled:l-1:2", "lost:l-1:1", "html:*")))
    assert of_starts(faults, "l-1", 4) == ["throttled", "throttled", "lost", "html"]


def test_faults_of_the_start_of_its_course_and_of_the_list_apply_beside_each_other() -> None:
    texts = ("preparing:l-1:1", "hidden:l-1:1", "lagging:l-1:1", "lost:l-1:1")
    faults = Faults(map(parse_fault, texts), seconds=7)
    assert of_starts(faults, "l-1", 2) == ["lost", None]
    assert [faults.preparing_seconds("l-1") for _ in range(2)] == [7, 0]
    assert [faults.hides("l-1") for _ in range(2)] == [True, False]
    assert [faults.lags("l-1") for _ in range(2)] == [True, False]


def test_the_lists_that_lag_are_known_by_name() -> None:
    texts = ("lagging:l-2", "lagging:*", "hidden:l-3", "lagging:l-1:4")
    assert Faults(map(parse_fault, texts)).lagging() == ["l-2", "l-1"]


def test_every_kind_is_of_a_start_or_of_what_comes_after_it() -> None:
    others = {FaultKind.PREPARING, FaultKind.HIDDEN, FaultKind.LAGGING}
    assert set(FaultKind) == BEFORE_START | AFTER_START | others
    assert not BEFORE_START & AFTER_START
