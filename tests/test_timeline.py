"""Where the bars of a timeline stand, and which campaigns have any."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from build import NOW
from hypothesis import given
from hypothesis import strategies as st
from report_samples import a_result, a_run_of

from ringg_runner.api.verdict import Verdict
from ringg_runner.report.html import timeline as module
from ringg_runner.report.html.timeline import (
    HEIGHT,
    KINDS,
    LEGEND,
    ROWS,
    Timeline,
    duration,
    timeline,
)
from ringg_runner.runs import Attempt, Run


def drawn(run: Run) -> Timeline:
    picture = timeline(run)
    assert picture is not None
    return picture


def a_run(*attempts: tuple[float, float, Verdict], end: float = 10) -> Run:
    """A run of one campaign with attempts: when each began, how long it took, what came of it."""
    made = tuple(
        Attempt(n, NOW + timedelta(seconds=begin), seconds, None, verdict, "")
        for n, (begin, seconds, verdict) in enumerate(attempts, start=1)
    )
    results = (a_result(0, 1, attempts=made),)
    return replace(a_run_of(), results=results, finished_at=NOW + timedelta(seconds=end))


def test_where_nothing_was_sent_there_is_no_timeline() -> None:
    assert timeline(a_run_of(4, 5, 6)) is None


def test_every_verdict_has_its_look_and_every_look_its_meaning() -> None:
    assert set(KINDS) == set(Verdict)
    assert set(LEGEND) == set(KINDS.values())


def test_attempts_and_waits_stand_where_they_were_in_time() -> None:
    run = a_run((1, 2, Verdict.NOT_SENT), (5, 1, Verdict.STARTED))
    (row,) = drawn(run).rows
    assert [(bar.kind, bar.x, bar.width) for bar in row.bars] == [
        ("again", 10, 20),
        ("wait", 30, 20),
        ("started", 50, 10),
    ]
    assert [bar.title for bar in row.bars] == [
        "attempt 1 at 2026-12-01T04:00:01Z, 2.000 s: no answer, not sent",
        "waited 2 s",
        "attempt 2 at 2026-12-01T04:00:05Z, 1.000 s: no answer, started",
    ]
    assert row.summary.startswith("renewals-2026-12-0000: started after 2 attempts: attempt 1 at")


def test_what_started_at_once_has_no_row() -> None:
    picture = drawn(a_run_of(0, 1, 2, 3, 4))
    assert [row.word for row in picture.rows] == ["unresolved", "failed", "started"]
    assert (picture.left_out, picture.overview) == (0, ())


def test_rows_are_bounded_and_the_gravest_come_first() -> None:
    picture = drawn(a_run_of(*[1] * 300, *[3] * 20))
    assert len(picture.rows) == ROWS
    assert [row.word for row in picture.rows[:21]] == ["unresolved"] * 20 + ["started"]
    assert picture.left_out == 320 - ROWS


def test_the_overview_stacks_what_came_of_the_attempts() -> None:
    picture = drawn(a_run_of(*[0] * 40, *[2] * 20))
    assert all(0 <= block.y <= HEIGHT - block.height for block in picture.overview)
    assert {block.kind for block in picture.overview} == {"started", "failed"}
    assert max(block.height for block in picture.overview) == HEIGHT
    assert "attempt" in picture.overview[0].title
    assert len(picture.overview) <= module.COLUMNS * len(LEGEND)
    assert picture.summary == "60 attempts for 60 campaigns in 25 s: 40 started, 20 refused."


@given(
    st.lists(
        st.tuples(st.floats(-5, 5_000), st.floats(0, 100), st.sampled_from(sorted(Verdict))),
        min_size=1,
        max_size=8,
    ),
    st.floats(0, 5_000),
)
def test_nothing_stands_outside_the_picture(
    attempts: list[tuple[float, float, Verdict]], end: float
) -> None:
    picture = drawn(a_run(*attempts, end=end))
    bars = [bar for row in picture.rows for bar in row.bars]
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.width > 0 for bar in bars)
    assert all(0 <= tick.x <= 100 for tick in picture.ticks)
    assert 1 <= len(picture.ticks) <= 7


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (9.9994, "9.999 s"),
        (12.4, "12 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (7_200_000, "2,000 h"),
    ],
)
def test_durations_are_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_axis_of_a_day_counts_in_whole_hours() -> None:
    picture = drawn(a_run((0, 1, Verdict.FAILED), end=86_400))
    assert [tick.label for tick in picture.ticks] == ["0 s", *(f"{n} h" for n in range(4, 25, 4))]
