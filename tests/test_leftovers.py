"""What earlier runs left open is settled by one look, also where no manifest speaks of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from build import NOW
from runners import ANOTHER, ME

from ringg_runner.api.server_list import Listing, Row
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Ending, Key, State
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.running.leftovers import settle_leftovers

KEY = Key("https://api.example.com/v0", ListId("l"))
LATER = NOW + timedelta(hours=1)


def left(ledger: Ledger, state: State | None, lease: float = 120) -> None:
    """Let another run claim the list, and end it so; None is a run that vanished."""
    until = NOW + timedelta(seconds=lease)
    ledger.claim(KEY, ANOTHER, name="c", request={}, now=NOW, lease_until=until)
    if state is not None:
        ledger.finish(KEY, ANOTHER, Ending(state, "no answer"), now=NOW)


@pytest.mark.parametrize(
    ("state", "word", "after"),
    [
        (State.UNRESOLVED, "ongoing", State.STARTED),
        (State.UNRESOLVED, "completed", State.STARTED),
        (None, "ongoing", State.STARTED),
        (State.UNRESOLVED, "draft", State.UNRESOLVED),
        (State.UNRESOLVED, "dormant", State.UNRESOLVED),
        (State.UNRESOLVED, None, State.UNRESOLVED),
        (None, "draft", State.CLAIMED),
        (State.NOT_STARTED, "ongoing", State.NOT_STARTED),
    ],
)
def test_only_what_the_look_shows_to_be_started_is_settled(
    tmp_path: Path, state: State | None, word: str | None, after: State
) -> None:
    rows = {KEY.list_id: Row(KEY.list_id, word)} if word else {}
    with open_ledger(tmp_path / "ledger.db") as ledger:
        left(ledger, state)
        settled = list(settle_leftovers(ledger, ME, ledger.entries(), Listing(rows), LATER))
        entry = ledger.entry(KEY)
        assert ledger.verify() is None
    assert entry is not None
    assert entry.state is after
    assert bool(settled) == (after is State.STARTED)


def test_what_a_live_run_is_starting_is_left_to_it(tmp_path: Path) -> None:
    listing = Listing({KEY.list_id: Row(KEY.list_id, "ongoing")})
    with open_ledger(tmp_path / "ledger.db") as ledger:
        left(ledger, None, lease=7200)
        assert list(settle_leftovers(ledger, ME, ledger.entries(), listing, LATER)) == []


def test_what_another_run_takes_at_the_same_moment_is_left_to_it(tmp_path: Path) -> None:
    listing = Listing({KEY.list_id: Row(KEY.list_id, "ongoing")})
    with open_ledger(tmp_path / "ledger.db") as ledger:
        left(ledger, State.UNRESOLVED)
        seen = ledger.entries()
        until = LATER + timedelta(hours=1)
        ledger.claim(KEY, ANOTHER, name="c", request={}, now=LATER, lease_until=until)
        assert list(settle_leftovers(ledger, ME, seen, listing, LATER)) == []
