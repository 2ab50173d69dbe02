"""A claim keeps the seal of the saved plan that it was made under, and can be found by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger_build import API, LATER, LEASE, MINE, NOW, OTHER, REQUEST, a_key, an_ending, claim
from ledger_places import KINDS, a_place

from ringg_runner.campaigns import ListId, digest_of
from ringg_runner.ledger import Claim, Event, Ledger, State, Taken, open_ledger
from ringg_runner.ledger.changes import Claiming, Remembering

SEAL, ANOTHER = digest_of("one plan"), digest_of("another plan")


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    with open_ledger(a_place(request.param, request)) as opened:
        yield opened
        assert opened.verify() is None


def claiming(list_id: str = "l-1", plan: str | None = SEAL, name: str = "diwali") -> Claiming:
    terms = {"plan": plan} if plan else {}
    return Claiming(a_key(list_id), MINE, name, REQUEST, NOW, NOW + LEASE, terms)


def used(ledger: Ledger, *list_ids: str, base_url: str = API) -> str | None:
    """The list of the first claim that is found under the seal."""
    row = ledger.claimed_under(SEAL, base_url, map(ListId, list_ids))
    assert row is None or row.run == MINE
    return row.key.list_id if row else None


def test_a_claim_under_a_plan_is_found_by_its_seal(ledger: Ledger) -> None:
    assert isinstance(ledger.write_one(claiming("l-2")), Claim)
    assert isinstance(ledger.write_one(claiming("l-1")), Claim)
    assert used(ledger, "l-1", "l-2", "l-3") == "l-2"
    assert used(ledger, "l-1") == "l-1"
    assert [row.detail["plan"] for row in ledger.trail()] == [SEAL, SEAL]


def test_what_is_not_claimed_under_the_plan_is_no_use_of_it(ledger: Ledger) -> None:
    claim(ledger, a_key("l-1"))
    ledger.write_one(claiming("l-2", ANOTHER))
    ledger.write_one(claiming("l-3", None, name=f'","plan":"{SEAL}'))
    ledger.note(a_key("l-3"), MINE, Event.LOOK, {"plan": SEAL}, now=NOW)
    assert used(ledger, "l-1", "l-2", "l-3") is None
    assert "plan" not in ledger.trail(a_key("l-1"))[0].detail


def test_another_list_and_another_api_are_no_use(ledger: Ledger) -> None:
    ledger.write_one(claiming())
    assert used(ledger, "l-2") is None
    assert used(ledger) is None
    assert used(ledger, "l-1", base_url="https://other.example/v0") is None


def test_a_list_that_was_taken_is_no_use(ledger: Ledger) -> None:
    claim(ledger, run=OTHER)
    assert isinstance(ledger.write_one(claiming()), Taken)
    assert used(ledger, "l-1") is None


def test_a_claim_that_is_taken_over_is_a_use(ledger: Ledger) -> None:
    claim(ledger, run=OTHER)
    later = Claiming(a_key(), MINE, "diwali", REQUEST, LATER, LATER + LEASE, {"plan": SEAL})
    taken_over = ledger.write_one(later)
    assert isinstance(taken_over, Claim)
    assert taken_over.inherited
    assert used(ledger, "l-1") == "l-1"


def test_a_use_is_known_however_the_claim_ended(ledger: Ledger) -> None:
    for number, state in enumerate((State.STARTED, State.NOT_STARTED, State.UNRESOLVED)):
        key = a_key(f"l-{number}")
        ledger.write_one(claiming(key.list_id))
        ledger.finish(key, MINE, an_ending(state), now=NOW)
        assert used(ledger, key.list_id) == key.list_id


def test_what_was_only_remembered_is_no_use(ledger: Ledger) -> None:
    ledger.write_one(Remembering(claiming(plan=None), an_ending()))
    assert used(ledger, "l-1") is None


def test_a_plan_of_any_size_can_be_asked_for(ledger: Ledger) -> None:
    ledger.write([claiming(f"l-{number}") for number in (1_999, 700)])
    assert used(ledger, *(f"l-{number}" for number in range(2_000))) == "l-1999"
