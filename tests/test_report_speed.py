"""How fast a run goes, and how long it will take."""

from __future__ import annotations

from collections import Counter

import pytest
from build import a_campaign, a_plan
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.report.speed import (
    ENOUGH,
    WINDOW,
    Sample,
    Speed,
    answered,
    seen,
    speed,
    still_to_send,
    without_a_request,
)
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Outcome

NONE_FREE: Counter[Outcome] = Counter()


def a_tally(
    total: int = 100, *, unsettled: int = 0, paused_for: float = 0, **outcomes: int
) -> Tally:
    counts = Counter({Outcome(word): count for word, count in outcomes.items()})
    return Tally(total, counts, 0, unsettled, paused_for)


def test_what_a_plan_skips_and_holds_takes_no_request() -> None:
    plan = a_plan(
        a_campaign(),
        a_campaign(name="b", list_id="list-2", enabled=False),
        a_campaign(name="c", list_id="list-3", enabled=False),
    )
    assert without_a_request(plan) == Counter({Outcome.HELD: 2})


@pytest.mark.parametrize(
    ("tally", "free", "expected"),
    [
        (a_tally(started=3, failed=2, unresolved=1), {}, 6),
        (a_tally(started=3, skipped=2, held=1), {}, 6),
        (a_tally(started=3, skipped=2), {Outcome.SKIPPED: 5}, 3),
        (a_tally(started=3, skipped=7), {Outcome.SKIPPED: 5}, 5),
        (a_tally(started=3, cancelled=90), {}, 3),
        (a_tally(), {Outcome.SKIPPED: 5}, 0),
    ],
    ids=["sent", "judged", "free skips", "more than the free", "cancelled", "nothing"],
)
def test_only_outcomes_that_took_a_request_count_for_the_speed(
    tally: Tally, free: dict[Outcome, int], expected: int
) -> None:
    assert answered(tally, Counter(free)) == expected


def test_what_needs_no_request_is_not_to_be_sent() -> None:
    free = Counter[Outcome]({Outcome.SKIPPED: 40, Outcome.HELD: 10})
    assert still_to_send(a_tally(), free) == 50
    assert still_to_send(a_tally(started=20, skipped=40, held=10), free) == 30
    assert still_to_send(a_tally(started=20, cancelled=30), free) == 0


def test_what_is_being_settled_is_not_to_be_sent() -> None:
    assert still_to_send(a_tally(started=90, unsettled=4), NONE_FREE) == 6
    assert still_to_send(a_tally(started=90, unsettled=10), NONE_FREE) == 0


def test_the_speed_is_that_of_the_window() -> None:
    samples = (Sample(10, 100), Sample(11, 110), Sample(15, 200))
    assert speed(samples, 300) == Speed(20.0, 15.0)


@pytest.mark.parametrize(
    "samples",
    [
        (),
        (Sample(0, 0),),
        (Sample(0, 0), Sample(ENOUGH - 0.1, 500)),
        (Sample(0, 7), Sample(WINDOW, 7)),
    ],
    ids=["nothing seen", "one moment", "too short a time", "nothing came"],
)
def test_no_speed_is_told_before_it_can_be_known(samples: tuple[Sample, ...]) -> None:
    assert speed(samples, 100) == Speed()


def test_no_time_is_left_to_tell_where_nothing_is_to_be_sent() -> None:
    assert speed((Sample(0, 0), Sample(10, 50)), 0) == Speed(5.0, None)


def test_what_lies_before_the_window_is_forgotten() -> None:
    old, recent = Sample(0, 0), Sample(10, 5)
    now = WINDOW + 1
    assert seen((old, recent), a_tally(started=9), NONE_FREE, now) == (recent, Sample(now, 9))


def test_a_pause_has_no_speed_and_does_not_slow_down_the_one_after_it() -> None:
    before = (Sample(0, 0), Sample(10, 500))
    paused = seen(before, a_tally(1000, started=500, paused_for=30), NONE_FREE, 11)
    assert speed(paused, 500) == Speed()
    after = seen(paused, a_tally(1000, started=500), NONE_FREE, 41)
    after = seen(after, a_tally(1000, started=700), NONE_FREE, 45)
    assert speed(after, 300) == Speed(50.0, 6.0)


OUTCOMES = st.lists(st.tuples(st.sampled_from(list(Outcome)), st.booleans()), max_size=40)


@given(OUTCOMES)
def test_the_requests_to_come_only_become_fewer_and_end_at_none(
    ends: list[tuple[Outcome, bool]],
) -> None:
    free = Counter[Outcome](
        outcome for outcome, free in ends if free and outcome in (Outcome.SKIPPED, Outcome.HELD)
    )
    tally = Tally(len(ends))
    to_come = [still_to_send(tally, free)]
    for outcome, _ in ends:
        tally.outcomes[outcome] += 1
        to_come.append(still_to_send(tally, free))
    assert to_come == sorted(to_come, reverse=True)
    assert to_come[-1] == 0
