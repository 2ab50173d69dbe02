"""Several processes on one ledger, and processes that die."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain

import pytest
from ledger_build import LATER, NOW, OTHER, a_key, a_run, an_ending, claim, the_entry
from ledger_places import KINDS, a_place
from ledger_workers import (
    PATIENCE_SECONDS,
    SPAWN,
    another_process,
    claim_everything,
    claim_without_end,
    hang_in_a_write,
    hear,
)

from ringg_runner.ledger import Claim, State, Taken, open_ledger

PROCESSES = 8
LISTS = 50


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    return a_place(request.param, request)


def test_of_many_processes_one_gets_each_list(url: str) -> None:
    barrier = SPAWN.Barrier(PROCESSES)
    with ExitStack() as stack:
        others = [
            stack.enter_context(another_process(claim_everything, url, number, LISTS, barrier))
            for number in range(PROCESSES)
        ]
        claimed = [hear(connection) for _, connection in others]

    assert sorted(chain.from_iterable(claimed)) == list(range(LISTS))
    with open_ledger(url, create=False) as ledger:
        assert ledger.verify() is None
        assert len(ledger.trail()) == LISTS
        for number, lists in enumerate(claimed):
            owners = {the_entry(ledger, a_key(str(n))).run.run_id for n in lists}
            assert owners <= {f"run-{number}"}


def test_of_many_threads_one_gets_each_list(url: str) -> None:
    barrier = threading.Barrier(PROCESSES)

    with open_ledger(url) as ledger, ThreadPoolExecutor(PROCESSES) as pool:

        def claim_all(number: int) -> list[int]:
            run = a_run(f"run-{number}")
            barrier.wait(PATIENCE_SECONDS)
            mine = [n for n in range(10) if isinstance(claim(ledger, a_key(str(n)), run), Claim)]
            for n in mine:
                assert ledger.finish(a_key(str(n)), run, an_ending(), now=NOW)
            return mine

        claimed = list(pool.map(claim_all, range(PROCESSES)))
        assert sorted(chain.from_iterable(claimed)) == list(range(10))
        assert {entry.state for entry in ledger.entries()} == {State.STARTED}
        assert ledger.verify() is None


def test_verification_holds_while_others_write(url: str) -> None:
    with another_process(claim_without_end, url) as (_, connection):
        hear(connection)
        with open_ledger(url, create=False) as ledger:
            assert [ledger.verify() for _ in range(8)] == [None] * 8
            seen = len(ledger.trail())
        assert seen > 1


def test_a_killed_process_leaves_its_claims_abandoned(url: str) -> None:
    with another_process(claim_without_end, url) as (process, connection):
        told = [hear(connection) for _ in range(20)]
        process.kill()
        process.join()

    with open_ledger(url, create=False) as ledger:
        assert ledger.verify() is None
        assert {str(n) for n in told} <= {entry.key.list_id for entry in ledger.entries()}
        for entry in ledger.entries():
            assert isinstance(claim(ledger, entry.key, OTHER, now=NOW), Taken)
            assert claim(ledger, entry.key, OTHER, now=LATER) == Claim(
                the_entry(ledger, entry.key), inherited=entry
            )
        assert ledger.verify() is None


def test_a_process_killed_while_it_writes_leaves_nothing_of_that(url: str) -> None:
    with open_ledger(url) as ledger:
        claim(ledger)
    with another_process(hang_in_a_write, url) as (process, connection):
        hear(connection)
        process.kill()
        process.join()

    with open_ledger(url, create=False) as ledger:
        assert ledger.verify() is None
        assert len(ledger.trail()) == 1
        assert isinstance(claim(ledger, a_key("half")), Claim)
        assert ledger.verify() is None
