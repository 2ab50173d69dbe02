"""A run as the ledger tells it: the truth of it, whatever became of its process.

Pure, over the rows that the run wrote. What it never claimed has left no trace there: campaigns
that were skipped by the ledger, on hold, or not reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringg_runner.api.verdict import Verdict
from ringg_runner.campaigns import Campaign, ListId, StartRequest, Window
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import CLAIMS, Event, State
from ringg_runner.runs import Attempt, Evidence, Outcome, Result, Run
from ringg_runner.times import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.ledger.records import Entry, TrailRow

_ENDINGS = (Event.STARTED, Event.NOT_STARTED, Event.UNRESOLVED)
_SETTLED = {State.STARTED: "started", State.NOT_STARTED: "not started"}


def recall(
    rows: Sequence[TrailRow],
    environment: Environment,
    known: Mapping[ListId, Entry],
    now: datetime,
) -> Run | None:
    """Return the run that wrote these rows, its campaigns in the order of their claims.

    `known` is how the lists stand at the moment `now`. None where the rows are no run's: it
    claimed nothing. Raises LedgerError where a row does not say what its event needs.
    """
    by_list: dict[ListId, list[TrailRow]] = {}
    for row in rows:
        if row.event in CLAIMS or row.key.list_id in by_list:
            by_list.setdefault(row.key.list_id, []).append(row)
    if not by_list:
        return None
    told = (_told(its, known.get(list_id), now) for list_id, its in by_list.items())
    return Run(
        rows[0].run.run_id,
        environment,
        rows[0].at,
        rows[-1].at,
        tuple(result for result in told if result is not None),
        recalled=True,
    )


def _told(rows: Sequence[TrailRow], entry: Entry | None, now: datetime) -> Result | None:
    try:
        return _result(rows, entry, now)
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(
            f"what the ledger holds of list {rows[0].key.list_id} makes no sense: {error!r}",
            "ringg-runner ledger verify tells whether somebody changed it",
        ) from error


def _result(rows: Sequence[TrailRow], entry: Entry | None, now: datetime) -> Result | None:
    """Return what became of a list; None for one that this run settled for another."""
    claim = rows[0]
    ending = next((row for row in reversed(rows) if row.event in _ENDINGS), None)
    attempts = tuple(_attempt(row.detail) for row in rows if row.event is Event.ATTEMPT)
    campaign = _campaign(claim)
    if ending is None:
        reason = _vanished(claim, entry, now) + _since(claim, entry)
        return Result(campaign, Outcome.UNRESOLVED, reason, attempts=attempts)
    told, detail = ending.detail, ending.detail["detail"]
    if "leftover" in detail:
        return None
    evidence = Evidence(told["evidence"]) if told["evidence"] else None
    outcome = Outcome(detail["outcome"])
    lost = "" if told["held"] else " (another run took this list over meanwhile)"
    since = _since(claim, entry) if outcome is Outcome.UNRESOLVED else ""
    return Result(
        campaign,
        outcome,
        told["reason"] + lost + since,
        evidence,
        detail.get("has_ongoing_calls"),
        attempts,
    )


def _vanished(claim: TrailRow, entry: Entry | None, now: datetime) -> str:
    ours = entry is not None and entry.run.run_id == claim.run.run_id
    if entry and ours and entry.lease_until and not entry.is_abandoned(now):
        return (
            "not ended yet: the run goes on, or vanished while it was starting it;"
            f" its claim lives until {format_moment(entry.lease_until)}"
        )
    return "the run vanished while it was starting it: whether its request left is not known"


def _since(claim: TrailRow, entry: Entry | None) -> str:
    """Return how a list stands that somebody settled after the run."""
    if entry is None or entry.run.run_id == claim.run.run_id or entry.state not in _SETTLED:
        return ""
    settled = _SETTLED[entry.state]
    return f"; settled since as {settled} by {entry.run}: {entry.reason}"


def _campaign(claim: TrailRow) -> Campaign:
    name, body = claim.detail["name"], claim.detail["request"]
    request = StartRequest.of_kept(claim.key.base_url, {**body, "list_id": claim.key.list_id})
    return Campaign(name, "", 0, request, {}, enabled=True, window=Window())


def _attempt(detail: Mapping[str, Any]) -> Attempt:
    sent_at = parse_moment(detail["sent_at"])
    if sent_at is None:
        raise ValueError("no moment")
    return Attempt(
        detail["n"],
        sent_at,
        detail["seconds"],
        detail["status"],
        Verdict(detail["verdict"]),
        detail["detail"],
    )
