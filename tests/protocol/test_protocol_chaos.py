"""Whenever a run is killed, whoever applies again starts the rest, and nothing twice."""

from __future__ import annotations

from pathlib import Path
from signal import SIGKILL

import pytest
from protocol_chaos import Killer, survive
from protocol_processes import a_workplace, list_ids, told_by
from protocol_server import Moment, truth

SEEDS = range(50)
IN_EVERY_BUILD = 2


@pytest.mark.parametrize("seed", SEEDS[:IN_EVERY_BUILD])
def test_a_killed_run_is_taken_up_by_the_next_and_no_list_is_started_twice(
    tmp_path: Path, seed: int
) -> None:
    survive(seed, tmp_path)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_run_is_taken_up_by_the_next_whatever_the_moment(
    tmp_path: Path, seed: int
) -> None:
    survive(seed, tmp_path)


@pytest.mark.parametrize("moment", [Moment.ARRIVED, Moment.STARTED])
def test_where_the_list_cannot_be_read_what_was_under_way_stays_open_and_is_not_sent_again(
    tmp_path: Path, moment: Moment
) -> None:
    lists = list_ids(10)
    with truth(lists, readable=False) as server:
        place = a_workplace(tmp_path, server.url, lists)
        process = place.apply("--concurrency", "1")
        server.watch = Killer(process, request=5, moment=moment, later=0).watch
        process.communicate()
        server.watch = lambda _: None
        told = told_by(place.apply("--format", "json"))
        while told.summary["held"]:
            told = told_by(place.apply("--format", "json"))
        again = told_by(place.apply("--format", "json"))
    assert (process.returncode, told.code, again.code) == (-SIGKILL, 6, 6)
    assert told.summary["unresolved"] == again.summary["unresolved"] == 1
    assert again.summary["skipped"] == len(lists) - 1
    assert server.starts == dict.fromkeys(lists, 1)
