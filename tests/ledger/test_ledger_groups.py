"""Many changes in one transaction: each as if it were alone, and durable together."""

from __future__ import annotations

import pytest
from ledger_build import LATER, MINE, NOW, OTHER, a_key, an_ending
from ledger_places import KINDS, a_place, execute

from ringg_runner.ledger import Claim, Event, LedgerError, State, open_ledger
from ringg_runner.ledger.changes import Change, Claiming, Finishing, Noting
from ringg_runner.ledger.records import Key, RunInfo, Taken


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    return a_place(request.param, request)


def claiming(key: Key, run: RunInfo = MINE) -> Claiming:
    return Claiming(key, run, "c", {"agent_id": "a"}, NOW, LATER)


def test_changes_that_are_written_together_come_about_in_their_order(url: str) -> None:
    note = Noting(a_key("l-1"), MINE, Event.ATTEMPT, {"n": 1}, NOW)
    with open_ledger(url) as ledger:
        first, second, again = ledger.write(
            [claiming(a_key("l-1")), claiming(a_key("l-2")), claiming(a_key("l-1"), OTHER)]
        )
        assert isinstance(first, Claim)
        assert isinstance(second, Claim)
        assert isinstance(again, Taken)
        ended = ledger.write([Finishing(a_key("l-1"), MINE, an_ending(), NOW, (note,))])
        assert ended == [True]
        assert [row.event for row in ledger.trail()] == [
            Event.CLAIMED,
            Event.CLAIMED,
            Event.ATTEMPT,
            Event.STARTED,
        ]
        assert ledger.verify() is None


def test_a_claim_and_its_end_fit_into_one_transaction(url: str) -> None:
    changes: list[Change[object]] = [
        claiming(a_key()),
        Finishing(a_key(), MINE, an_ending(), NOW),
    ]
    with open_ledger(url) as ledger:
        claimed, ended = ledger.write(changes)
        assert isinstance(claimed, Claim)
        assert ended is True
        entry = ledger.entry(a_key())
        assert entry is not None
        assert entry.state is State.STARTED
        assert ledger.verify() is None


def test_more_lists_than_one_statement_may_ask_for_are_looked_at(url: str) -> None:
    keys = [a_key(str(n)) for n in range(1100)]
    with open_ledger(url) as ledger:
        ledger.write([claiming(key) for key in keys])
        again = ledger.write([claiming(key, OTHER) for key in keys])
        assert all(isinstance(one, Taken) for one in again)


def test_a_damaged_entry_fails_its_own_change_alone(url: str) -> None:
    with open_ledger(url) as ledger:
        ledger.write([claiming(a_key("l-1"))])
        execute(url, "UPDATE ringg_entries SET run = 'nonsense'")
        failed, claimed = ledger.write([claiming(a_key("l-1")), claiming(a_key("l-2"))])
        assert isinstance(failed, LedgerError)
        assert isinstance(claimed, Claim)
        with pytest.raises(LedgerError, match="the entry of list l-1 cannot be read"):
            ledger.finish(a_key("l-1"), MINE, an_ending(), now=NOW)


def test_nothing_of_a_group_is_written_where_its_transaction_fails(url: str) -> None:
    with open_ledger(url) as ledger:
        ledger.write([claiming(a_key("l-1"))])
        execute(url, "UPDATE ringg_ledger SET head_number = 0")  # the next row has no number left
        with pytest.raises(LedgerError):
            ledger.write([claiming(a_key("l-2")), claiming(a_key("l-3"))])
        assert [entry.key for entry in ledger.entries()] == [a_key("l-1")]
