"""The rules of claims, endings, renewals and settlements, on every kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from ledger_build import (
    API,
    LATER,
    LEASE,
    MINE,
    NOW,
    OTHER,
    PERSON,
    REQUEST,
    a_key,
    an_ending,
    claim,
    finish,
    the_entry,
)
from ledger_places import KINDS, a_place

from ringg_runner.campaigns import ListId
from ringg_runner.ledger import (
    Claim,
    Ending,
    Entry,
    Event,
    Ledger,
    LedgerError,
    RunInfo,
    State,
    Taken,
    open_ledger,
)

SECOND = timedelta(seconds=1)


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    with open_ledger(a_place(request.param, request)) as opened:
        yield opened
        assert opened.verify() is None


def events(ledger: Ledger) -> list[Event]:
    return [row.event for row in ledger.trail()]


def test_an_unknown_list_is_claimed(ledger: Ledger) -> None:
    expected = Entry(
        key=a_key(),
        state=State.CLAIMED,
        name="diwali",
        run=MINE,
        request=REQUEST,
        evidence=None,
        reason="being started by run run-1 (ann@ci-1)",
        changed_at=NOW,
        lease_until=LATER,
    )
    assert claim(ledger) == Claim(expected)
    assert the_entry(ledger) == expected
    assert events(ledger) == [Event.CLAIMED]


def leave_nothing(ledger: Ledger) -> None:
    """No entry."""


def leave_not_started(ledger: Ledger) -> None:
    claim(ledger)
    finish(ledger, State.NOT_STARTED)


def leave_started(ledger: Ledger) -> None:
    claim(ledger)
    finish(ledger, State.STARTED)


def leave_unresolved(ledger: Ledger) -> None:
    claim(ledger)
    finish(ledger, State.UNRESOLVED)


def leave_claimed(ledger: Ledger) -> None:
    claim(ledger)


BEFORE_END = LATER - timedelta(microseconds=1)


@pytest.mark.parametrize("run", [MINE, OTHER], ids=["same-run", "other-run"])
@pytest.mark.parametrize(
    ("leave", "now", "verdict"),
    [
        pytest.param(leave_nothing, NOW, "free", id="unknown"),
        pytest.param(leave_not_started, NOW, "free", id="not-started"),
        pytest.param(leave_started, NOW, "taken", id="started"),
        pytest.param(leave_started, LATER, "taken", id="started-long-ago"),
        pytest.param(leave_unresolved, NOW, "inherited", id="unresolved"),
        pytest.param(leave_claimed, BEFORE_END, "taken", id="living-claim"),
        pytest.param(leave_claimed, LATER, "inherited", id="abandoned-claim"),
    ],
)
def test_who_gets_a_list(
    ledger: Ledger,
    leave: Callable[[Ledger], None],
    now: datetime,
    verdict: str,
    run: RunInfo,
) -> None:
    leave(ledger)
    old = ledger.entry(a_key())
    rows = len(ledger.trail())

    got = claim(ledger, run=run, now=now)

    if verdict == "taken":
        assert got == Taken(the_entry(ledger))
        assert ledger.entry(a_key()) == old
        assert len(ledger.trail()) == rows
        return
    assert got == Claim(the_entry(ledger), old if verdict == "inherited" else None)
    assert (got.entry.state, got.entry.run, got.entry.lease_until) == (
        State.CLAIMED,
        run,
        now + LEASE,
    )
    assert events(ledger)[-1] is (Event.TAKEN_OVER if verdict == "inherited" else Event.CLAIMED)


def test_a_takeover_says_so_in_its_reason_and_in_the_trail(ledger: Ledger) -> None:
    claim(ledger)
    got = claim(ledger, run=OTHER, now=LATER)
    assert got.entry.reason == "being settled by run run-2 (https://ci.example/7)"
    assert ledger.trail()[-1].detail["inherited"] == {"state": "claimed", "run_id": "run-1"}


def test_lists_of_two_apis_are_two_lists(ledger: Ledger) -> None:
    here, there = a_key(), a_key(base_url="https://other.example/v0")
    assert isinstance(claim(ledger, here), Claim)
    assert isinstance(claim(ledger, there, OTHER), Claim)
    assert isinstance(claim(ledger, a_key("l-2")), Claim)
    assert {e.key for e in ledger.by_list(ListId("l-1"))} == {here, there}
    assert ledger.by_list(ListId("l-9")) == []
    assert [e.key for e in ledger.entries(API)] == [here, a_key("l-2")]
    assert len(ledger.entries()) == 3
    assert ledger.entry(a_key("l-9")) is None
    assert [row.key for row in ledger.trail(there)] == [there]
    assert len(ledger.trail()) == 3


@pytest.mark.parametrize("state", [State.STARTED, State.NOT_STARTED, State.UNRESOLVED])
@pytest.mark.parametrize("now", [NOW, LATER + SECOND], ids=["in-time", "lease-ended"])
def test_a_claim_ends_as_its_run_says(ledger: Ledger, state: State, now: datetime) -> None:
    claim(ledger)
    assert finish(ledger, state, now=now) is True
    entry = the_entry(ledger)
    assert (entry.state, entry.reason, entry.evidence) == (state, "the API said so", "answer")
    assert (entry.changed_at, entry.lease_until) == (now, None)
    assert (entry.run, entry.request, entry.name) == (MINE, REQUEST, "diwali")
    row = ledger.trail()[-1]
    assert (row.event, row.at, row.detail["detail"]) == (Event(state.value), now, {"status": 200})


def test_an_ending_after_a_takeover_changes_nothing_but_is_kept(ledger: Ledger) -> None:
    claim(ledger)
    claim(ledger, run=OTHER, now=LATER)
    held = the_entry(ledger)
    assert finish(ledger, State.STARTED, now=LATER) is False
    assert the_entry(ledger) == held
    row = ledger.trail()[-1]
    assert (row.event, row.run, row.detail["held"]) == (Event.STARTED, MINE, False)
    assert finish(ledger, State.NOT_STARTED, run=OTHER, now=LATER) is True


def test_an_ending_is_final(ledger: Ledger) -> None:
    claim(ledger)
    assert finish(ledger, State.STARTED)
    assert finish(ledger, State.NOT_STARTED) is False
    assert the_entry(ledger).state is State.STARTED


def test_what_was_never_claimed_cannot_end_but_is_kept(ledger: Ledger) -> None:
    assert finish(ledger) is False
    assert ledger.entry(a_key()) is None
    assert events(ledger) == [Event.STARTED]


def test_an_ending_without_evidence_has_none(ledger: Ledger) -> None:
    claim(ledger)
    ledger.finish(a_key(), MINE, Ending(State.NOT_STARTED, "refused"), now=NOW)
    assert the_entry(ledger).evidence is None


def test_a_claim_is_no_ending(ledger: Ledger) -> None:
    claim(ledger)
    with pytest.raises(ValueError, match="cannot end as claimed"):
        ledger.finish(a_key(), MINE, an_ending(State.CLAIMED), now=NOW)


def test_renewing_extends_the_living_claims_of_the_run_alone(ledger: Ledger) -> None:
    until = LATER + LEASE
    short = claim(ledger, a_key("ended"), lease=SECOND).entry
    others = claim(ledger, a_key("others"), OTHER).entry
    claim(ledger, a_key("done"))
    finish(ledger, key=a_key("done"))
    claim(ledger, a_key("one"))
    claim(ledger, a_key("two"))

    assert ledger.renew(MINE, now=NOW + SECOND, lease_until=until) == 2

    assert the_entry(ledger, a_key("one")).lease_until == until
    assert the_entry(ledger, a_key("two")).lease_until == until
    assert the_entry(ledger, short.key) == short
    assert the_entry(ledger, others.key) == others
    assert the_entry(ledger, a_key("done")).lease_until is None
    assert isinstance(claim(ledger, a_key("one"), OTHER, now=LATER), Taken)


def test_renewing_never_shortens_a_lease(ledger: Ledger) -> None:
    claim(ledger)
    assert ledger.renew(MINE, now=NOW, lease_until=NOW + SECOND) == 1
    assert the_entry(ledger).lease_until == LATER


def test_renewing_does_not_revive_a_claim(ledger: Ledger) -> None:
    claim(ledger)
    assert ledger.renew(MINE, now=LATER, lease_until=LATER + LEASE) == 0
    assert isinstance(claim(ledger, run=OTHER, now=LATER), Claim)
    assert ledger.renew(MINE, now=LATER, lease_until=LATER + LEASE) == 0


def test_notes_are_kept_and_change_nothing(ledger: Ledger) -> None:
    before = claim(ledger).entry
    ledger.note(a_key(), MINE, Event.ATTEMPT, {"number": 1}, now=NOW)
    ledger.note(a_key("l-9"), MINE, Event.LOOK, {"status": "ongoing"}, now=LATER)
    assert the_entry(ledger) == before
    attempt, look = ledger.trail()[1:]
    assert (attempt.number, attempt.event, attempt.detail) == (2, Event.ATTEMPT, {"number": 1})
    assert (look.number, look.at, look.previous) == (3, LATER, attempt.hash)


@pytest.mark.parametrize("event", sorted(set(Event) - {Event.ATTEMPT, Event.LOOK}))
def test_a_note_cannot_pretend_to_be_a_change(ledger: Ledger, event: Event) -> None:
    with pytest.raises(ValueError, match="not for notes"):
        ledger.note(a_key(), MINE, event, {}, now=NOW)
    assert ledger.trail() == []


@pytest.mark.parametrize("state", [State.STARTED, State.NOT_STARTED])
@pytest.mark.parametrize(
    ("leave", "now"),
    [
        pytest.param(leave_unresolved, NOW, id="unresolved"),
        pytest.param(leave_claimed, LATER, id="abandoned"),
    ],
)
def test_a_person_settles_what_is_open(
    ledger: Ledger, leave: Callable[[Ledger], None], now: datetime, state: State
) -> None:
    leave(ledger)
    old = the_entry(ledger)
    settled = ledger.resolve(a_key(), PERSON, state, "asked the client", now=now)
    assert settled == the_entry(ledger)
    assert settled == replace(
        old,
        state=state,
        run=PERSON,
        reason="asked the client",
        evidence="person",
        changed_at=now,
        lease_until=None,
    )
    assert events(ledger)[-1] is Event.RESOLVED
    expected = Taken if state is State.STARTED else Claim
    assert isinstance(claim(ledger, run=OTHER, now=now), expected)


@pytest.mark.parametrize(
    ("leave", "sentence"),
    [
        pytest.param(leave_nothing, f"knows nothing of list l-1 at {API}", id="unknown"),
        pytest.param(leave_claimed, "is being started by run run-1", id="living-claim"),
        pytest.param(leave_started, "settled already: started, the API said so", id="started"),
        pytest.param(leave_not_started, "settled already: not started", id="not-started"),
    ],
)
def test_a_person_cannot_settle_what_is_not_open(
    ledger: Ledger, leave: Callable[[Ledger], None], sentence: str
) -> None:
    leave(ledger)
    before, rows = ledger.entry(a_key()), ledger.trail()
    with pytest.raises(LedgerError, match=sentence):
        ledger.resolve(a_key(), PERSON, State.STARTED, "because", now=NOW)
    assert (ledger.entry(a_key()), ledger.trail()) == (before, rows)


@pytest.mark.parametrize("state", [State.CLAIMED, State.UNRESOLVED])
def test_a_person_settles_it_one_way_or_the_other(ledger: Ledger, state: State) -> None:
    leave_unresolved(ledger)
    with pytest.raises(ValueError, match="settles nothing"):
        ledger.resolve(a_key(), PERSON, state, "because", now=NOW)


def test_a_lease_must_end_after_it_begins(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        claim(ledger, lease=timedelta())
    assert ledger.entries() == []


def test_a_moment_without_its_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        claim(ledger, now=NOW.replace(tzinfo=None))
    assert (ledger.entries(), ledger.trail()) == ([], [])


def test_moments_come_back_in_utc_to_the_microsecond(ledger: Ledger) -> None:
    claim(ledger, now=NOW.astimezone(timezone(timedelta(hours=5, minutes=30))))
    changed = the_entry(ledger).changed_at
    assert (changed, changed.tzinfo) == (NOW, UTC)


@pytest.mark.parametrize(
    ("detail", "error"),
    [
        pytest.param({"at": NOW}, TypeError, id="no-json-type"),
        pytest.param({"ratio": float("nan")}, ValueError, id="nan"),
    ],
)
def test_a_detail_that_is_no_json_leaves_nothing_behind(
    ledger: Ledger, detail: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ledger.note(a_key(), MINE, Event.ATTEMPT, detail, now=NOW)
    with pytest.raises(error):
        claim(ledger, request=detail)
    claim(ledger)
    with pytest.raises(error):
        ledger.finish(a_key(), MINE, Ending(State.STARTED, "ok", detail=detail), now=NOW)
    assert events(ledger) == [Event.CLAIMED]
    assert the_entry(ledger).state is State.CLAIMED


def test_any_text_can_be_kept(ledger: Ledger) -> None:
    odd = "नमस्ते \U0001f4de \ud800 \x00 end"
    claim(ledger, request={"text": odd, "numbers": {2: 1, 10: 2}}, name=odd)
    finish(ledger, State.UNRESOLVED)
    entry = ledger.resolve(a_key(), PERSON, State.STARTED, odd, now=NOW)
    assert entry == the_entry(ledger)
    assert entry.reason == entry.name == "नमस्ते \U0001f4de \ufffd \ufffd end"
    assert entry.request == {"text": odd, "numbers": {"2": 1, "10": 2}}


def test_entries_stand_in_the_order_of_their_last_change(ledger: Ledger) -> None:
    claim(ledger, a_key("b"))
    claim(ledger, a_key("a"), now=NOW + SECOND)
    claim(ledger, a_key("c"), now=NOW - SECOND)
    assert [e.key.list_id for e in ledger.entries()] == ["c", "b", "a"]


def test_what_was_written_is_there_for_whoever_opens_the_ledger_next(
    request: pytest.FixtureRequest,
) -> None:
    for kind in KINDS:
        url = a_place(kind, request)
        with open_ledger(url) as first:
            claim(first)
            with open_ledger(url, create=False) as second:
                assert second.entries() == first.entries()
                assert isinstance(claim(second, run=OTHER), Taken)
                assert second.trail() == first.trail()
