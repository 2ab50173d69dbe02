"""How entries and trail rows are written to columns and read back; opens no database."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ringg_runner.campaigns import ListId
from ringg_runner.ledger.chain import canonical, canonical_run, exact
from ringg_runner.ledger.errors import DamagedError
from ringg_runner.ledger.records import Entry, Event, Key, RunInfo, State, TrailRow
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

_NONSENSE = (AttributeError, KeyError, TypeError, ValueError)


def entry_columns(entry: Entry) -> dict[str, Any]:
    """Return an entry as the columns of its table."""
    return {
        "base_url": entry.key.base_url,
        "list_id": entry.key.list_id,
        "state": entry.state.value,
        "name": entry.name,
        "run_id": entry.run.run_id,
        "run": canonical_run(entry.run),
        "request": canonical(entry.request),
        "evidence": entry.evidence,
        "reason": entry.reason,
        "changed_at": exact(entry.changed_at),
        "lease_until": None if entry.lease_until is None else exact(entry.lease_until),
    }


def read_entry(row: RowMapping) -> Entry:
    """Return the entry of a table's row; raises DamagedError where it cannot be one."""
    try:
        lease = row["lease_until"]
        return Entry(
            key=Key(row["base_url"], ListId(row["list_id"])),
            state=State(row["state"]),
            name=row["name"],
            run=_run(row["run"]),
            request=_mapping(row["request"]),
            evidence=row["evidence"],
            reason=row["reason"],
            changed_at=_moment(row["changed_at"]),
            lease_until=None if lease is None else _moment(lease),
        )
    except _NONSENSE as error:
        raise DamagedError(f"the entry of list {row['list_id']} cannot be read") from error


def trail_columns(row: TrailRow) -> dict[str, Any]:
    """Return a row of the trail as the columns of its table."""
    return {
        "number": row.number,
        "at": exact(row.at),
        "base_url": row.key.base_url,
        "list_id": row.key.list_id,
        "event": row.event.value,
        "run": canonical_run(row.run),
        "detail": canonical(row.detail),
        "previous": row.previous,
        "hash": row.hash,
    }


def read_trail_row(row: RowMapping) -> TrailRow:
    """Return the row of the trail's table; raises DamagedError where it cannot be one."""
    try:
        return TrailRow(
            number=row["number"],
            at=_moment(row["at"]),
            key=Key(row["base_url"], ListId(row["list_id"])),
            event=Event(row["event"]),
            run=_run(row["run"]),
            detail=_mapping(row["detail"]),
            previous=row["previous"],
            hash=row["hash"],
        )
    except _NONSENSE as error:
        raise DamagedError(f"row {row['number']} of the trail cannot be read") from error


def _moment(text: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise ValueError("no moment")
    return moment


def _mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


@lru_cache
def _run(text: str) -> RunInfo:
    return RunInfo(**_mapping(text))
