"""Builders for tests of the ledger: values that differ only in what a test is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ringg_runner.campaigns import ListId
from ringg_runner.ledger import Claim, Ending, Entry, Key, Ledger, RunInfo, State, Taken

API = "https://api.example/v0"
NOW = datetime(2026, 12, 1, 9, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=90)
LATER = NOW + LEASE
"""When the leases of the builders have just ended."""

MINE = RunInfo("run-1", host="ci-1", user="ann", version="1.0", commit="abc", job_url=None)
OTHER = RunInfo("run-2", host="ci-2", user="bob", version="1.1", job_url="https://ci.example/7")
PERSON = RunInfo("run-3", host="laptop", user="eve", version="1.1")
REQUEST = {"agent_id": "a", "list_id": "l-1", "email_completion_user_ids": ["u"]}


def a_key(list_id: str = "l-1", base_url: str = API) -> Key:
    return Key(base_url, ListId(list_id))


def claim(
    ledger: Ledger,
    key: Key | None = None,
    run: RunInfo = MINE,
    *,
    now: datetime = NOW,
    lease: timedelta = LEASE,
    request: Mapping[str, Any] = REQUEST,
    name: str = "diwali",
) -> Claim | Taken:
    return ledger.claim(
        key or a_key(), run, name=name, request=request, now=now, lease_until=now + lease
    )


def an_ending(state: State = State.STARTED, reason: str = "the API said so") -> Ending:
    return Ending(state, reason, evidence="answer", detail={"status": 200})


def finish(
    ledger: Ledger,
    state: State = State.STARTED,
    *,
    key: Key | None = None,
    run: RunInfo = MINE,
    now: datetime = NOW,
) -> bool:
    return ledger.finish(key or a_key(), run, an_ending(state), now=now)


def a_history(ledger: Ledger) -> None:
    """Six rows about two lists."""
    from ringg_runner.ledger import Event

    claim(ledger)
    ledger.note(a_key(), MINE, Event.ATTEMPT, {"number": 1}, now=NOW)
    finish(ledger, State.UNRESOLVED)
    claim(ledger, a_key("l-2"), OTHER)
    claim(ledger, run=OTHER)
    finish(ledger, State.STARTED, run=OTHER)


def the_entry(ledger: Ledger, key: Key | None = None) -> Entry:
    entry = ledger.entry(key or a_key())
    assert entry is not None
    return entry


def a_run(run_id: str) -> RunInfo:
    return RunInfo(run_id, host="ci", user="ann", version="1.0")
