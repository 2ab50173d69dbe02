"""What a row of the trail makes of an entry: the one rule, for writing it and for checking it.

Pure. The store writes the entry that this gives, and verification plays the whole trail again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringg_runner.ledger.chain import exact
from ringg_runner.ledger.errors import DamagedError
from ringg_runner.ledger.records import Ending, Entry, Event, State
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringg_runner.ledger.records import TrailRow

NOTES = frozenset({Event.ATTEMPT, Event.LOOK})
"""The events that tell something and change nothing."""

_CLAIMS = {Event.CLAIMED: "being started by", Event.TAKEN_OVER: "being settled by"}


def claim_detail(
    *,
    name: str,
    request: Mapping[str, Any],
    lease_until: datetime,
    inherited: Entry | None,
    plan: str | None = None,
) -> dict[str, Any]:
    """Return what the trail keeps of a claim; `plan` is the seal of the saved plan behind it."""
    detail: dict[str, Any] = {
        "name": storable(name),
        "request": request,
        "lease_until": exact(lease_until),
    }
    if inherited is not None:
        detail["inherited"] = {"state": inherited.state, "run_id": inherited.run.run_id}
    if plan is not None:
        detail["plan"] = plan
    return detail


def ending_detail(ending: Ending, *, held: bool) -> dict[str, Any]:
    """Return what the trail keeps of an ending; `held` is whether the claim was still the run's."""
    return {
        "state": ending.state,
        "reason": storable(ending.reason),
        "evidence": None if ending.evidence is None else storable(ending.evidence),
        "held": held,
        "detail": ending.detail,
    }


def storable(text: str) -> str:
    """Return a text without what no database keeps: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def after(row: TrailRow, entry: Entry | None) -> Entry | None:
    """Return the entry as a row leaves it; raises DamagedError where the row makes no sense."""
    try:
        return _after(row, entry)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"row {row.number} does not say what its event needs") from error


def _after(row: TrailRow, entry: Entry | None) -> Entry | None:
    detail = row.detail
    if row.event in NOTES:
        return entry
    if row.event in _CLAIMS:
        return Entry(
            key=row.key,
            state=State.CLAIMED,
            name=detail["name"],
            run=row.run,
            request=detail["request"],
            evidence=None,
            reason=storable(f"{_CLAIMS[row.event]} {row.run}"),
            changed_at=row.at,
            lease_until=parse_moment(detail["lease_until"]),
        )
    if not detail["held"]:
        return entry
    if entry is None:
        raise ValueError("nothing to end")
    return replace(
        entry,
        state=State(detail["state"]),
        run=row.run,
        evidence=detail["evidence"],
        reason=detail["reason"],
        changed_at=row.at,
        lease_until=None,
    )
