"""How far a run has come, in words."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.report.progress import Part, duration, fitting, line, parts
from ringg_runner.report.speed import Speed
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Outcome

BUSY = Tally(
    20_000,
    Counter({Outcome.STARTED: 398, Outcome.SKIPPED: 9, Outcome.UNRESOLVED: 5}),
    in_flight=32,
)
FAST = Speed(640.2, 30.6)


def words(tally: Tally, speed: Speed, width: int) -> str:
    return " · ".join(part.text for part in fitting(list(parts(tally, speed)), width, 3))


def test_a_line_tells_all_of_it() -> None:
    assert line(BUSY, FAST) == (
        "412 of 20,000: 398 started, 9 skipped, 5 unresolved; 32 in flight; 640/s; "
        "about 0:00:31 left"
    )


def test_what_is_under_way_is_not_counted_as_done() -> None:
    tally = Tally(3, Counter(), in_flight=2, unsettled=1)
    assert line(tally, Speed()) == "0 of 3: 0 started; 2 in flight; 1 unsettled"
    assert words(tally, Speed(), 80) == "0/3 · started 0 · in flight 2 · unsettled 1"


def test_a_pause_says_who_asked_for_it() -> None:
    tally = Tally(3, Counter({Outcome.STARTED: 1}), paused_for=29.2)
    assert line(tally, Speed()) == "1 of 3: 1 started; waiting 30 s, as the API asks"
    assert words(tally, Speed(), 80) == "1/3 · started 1 · waiting 30 s, as the API asks"


def test_where_something_is_being_settled_the_time_left_is_the_least() -> None:
    tally = Tally(9, Counter({Outcome.STARTED: 4}), unsettled=1)
    assert line(tally, Speed(0.51, 8)).endswith("; 1 unsettled; 0.5/s; at least 0:00:08 left")
    assert words(tally, Speed(0.51, 8), 80).endswith(" · 0.5/s · at least 0:00:08 left")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (
            100,
            "412/20,000 · started 398 · skipped 9 · unresolved 5 · in flight 32 · 640/s"
            " · 0:00:31 left",
        ),
        (
            79,
            "412/20,000 · started 398 · unresolved 5 · in flight 32 · 640/s · 0:00:31 left",
        ),
        (60, "412/20,000 · started 398 · unresolved 5 · 0:00:31 left"),
        (40, "412/20,000 · unresolved 5 · 0:00:31 left"),
        (24, "412/20,000 · started 398"),
        (10, "412/20,000"),
        (9, "640/s"),
        (0, ""),
    ],
)
def test_a_narrow_terminal_keeps_what_matters_most(width: int, shown: str) -> None:
    assert words(BUSY, FAST, width) == shown


def test_a_pause_is_told_in_fewer_words_where_there_is_no_room_for_all() -> None:
    tally = Tally(20_000, Counter({Outcome.STARTED: 412}), paused_for=30)
    assert words(tally, Speed(), 39) == "412/20,000 · started 412 · waiting 30 s"
    assert words(tally, Speed(), 25) == "412/20,000 · waiting 30 s"


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=9)), max_size=9),
    st.integers(0, 100),
    st.integers(0, 3),
)
def test_what_is_kept_always_fits(texts: list[tuple[str, str]], width: int, gap: int) -> None:
    given_parts = [Part(rank, text, short=short) for rank, (text, short) in enumerate(texts)]
    kept = fitting(given_parts, width, gap)
    assert sum(len(part.text) for part in kept) + gap * (len(kept) - 1) <= max(width, 0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00:00"),
        (0.2, "0:00:01"),
        (61, "0:01:01"),
        (3599.5, "1:00:00"),
        (360_000, "100:00:00"),
    ],
)
def test_a_duration_has_hours_minutes_and_seconds(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
