"""Under no schedule of runs, crashes, faults and time is a list started twice.

And a protocol with a hole in it is found out, so that this silence means something.
"""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test
from protocol_courses import COURSES, REQUESTS, take_all
from protocol_holes import HOLES
from protocol_machine import HUNT, SEARCH, Machine
from protocol_world import Making, ViolationError, patience

RESENDING = Making(patience=patience(resend_unconfirmed=True))


def test_whatever_happens_each_list_is_started_at_most_once_and_in_the_end_once() -> None:
    run_state_machine_as_test(Machine, settings=SEARCH)


@pytest.mark.parametrize("request_ends", REQUESTS)
def test_a_run_that_overtakes_another_starts_nothing_twice(request_ends: str) -> None:
    take_all(course for course in COURSES if course.request == request_ends)


def test_resending_unconfirmed_starts_nothing_twice_as_long_as_the_guard_of_the_server_holds() -> (
    None
):
    class Resending(Machine):
        making = RESENDING
        guard_ends = False

    run_state_machine_as_test(Resending, settings=SEARCH)


@pytest.mark.parametrize("hole", ["sends without a claim", "calls every ending a start"])
def test_the_machine_finds_a_hole(hole: str) -> None:
    class Broken(Machine):
        making = HOLES[hole]

    with pytest.raises(ViolationError):
        run_state_machine_as_test(Broken, settings=HUNT)


@pytest.mark.parametrize("hole", HOLES)
def test_some_course_finds_a_hole(hole: str) -> None:
    with pytest.raises(ViolationError):
        take_all(COURSES, HOLES[hole])
