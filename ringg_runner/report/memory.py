"""What the ledger holds, as text and as documents, and the campaigns beside it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ringg_runner.redaction import showable
from ringg_runner.report.documents import of_campaign, of_row, of_selected, of_waited
from ringg_runner.report.text import of_selection, table
from ringg_runner.report.waiting import answer, of_end
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.records import Entry, TrailRow
    from ringg_runner.selecting import Selected
    from ringg_runner.status import CampaignStatus
    from ringg_runner.waiting import Waited

TRAIL_COLUMNS = ("number", "at", "base_url", "list_id", "event", "run_id", "detail", "hash")


def of_entries(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a table of entries, and how many there are."""
    heads = ("STATE", "NAME", "LIST", "SINCE", "RUN", "WHY")
    yield from table(
        heads,
        [
            (
                str(entry.state),
                entry.name,
                entry.key.list_id,
                format_moment(entry.changed_at),
                entry.run.run_id,
                entry.reason,
            )
            for entry in entries
        ],
    )
    yield f"{len(entries)} in the ledger"


def of_trail(entry: Entry, rows: Sequence[TrailRow]) -> Iterator[str]:
    """Yield how a list stands, and everything that happened to it."""
    yield f"{entry.key.list_id} ({showable(entry.name)}) at {entry.key.base_url}"
    yield f"{entry.state} since {format_moment(entry.changed_at)} by {showable(str(entry.run))}"
    yield f"why: {showable(entry.reason)}"
    yield ""
    heads = ("NUMBER", "AT", "EVENT", "RUN", "DETAIL")
    yield from table(
        heads,
        [
            (
                str(row.number),
                format_moment(row.at),
                str(row.event),
                row.run.run_id,
                json.dumps(row.detail, ensure_ascii=False, sort_keys=True),
            )
            for row in rows
        ],
    )


def of_statuses(
    statuses: Sequence[CampaignStatus],
    selected: Selected | None = None,
    waited: Waited | None = None,
) -> Iterator[str]:
    """Yield a table of campaigns beside ledger beside server's list, and what waiting came to."""
    if head := tuple(of_selection(selected)):
        yield from (*head, "")
    heads = ["NAME", "LIST", "LEDGER", "SINCE", "SERVER", "PEOPLE", "WHERE", "NOTE"]
    rows = [_status_row(status) for status in statuses]
    if waited:
        over = _over(waited)
        heads.insert(_OVER, "OVER")
        for status, row in zip(statuses, rows, strict=True):
            row.insert(_OVER, answer(over.get(status.campaign.list_id)))
    yield from table(heads, rows)
    if waited:
        yield from of_end(waited)


_OVER = 6
"""Where the column stands that only waiting fills."""


def _status_row(status: CampaignStatus) -> list[str]:
    return [
        status.campaign.name,
        status.campaign.list_id,
        str(status.entry.state) if status.entry else "-",
        format_moment(status.entry.changed_at) if status.entry else "-",
        status.row.shown_word if status.row else "-",
        "-" if status.row is None or status.row.people is None else str(status.row.people),
        status.campaign.place,
        f"changed since: {', '.join(status.changed)}" if status.changed else "",
    ]


def entries_document(environment: Environment, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return entries as a document of kind `ledger`."""
    return {
        "version": 1,
        "kind": "ledger",
        "environment": environment.name,
        "base_url": environment.base_url,
        "entries": [_entry(entry) for entry in entries],
    }


def export_document(
    environment: Environment, entries: Sequence[Entry], rows: Sequence[TrailRow]
) -> dict[str, Any]:
    """Return entries and their trail as a document of kind `ledger`."""
    trail = [_row(row) for row in rows]
    return entries_document(environment, entries) | {"trail": trail}


def status_document(
    environment: Environment,
    statuses: Sequence[CampaignStatus],
    selected: Selected | None = None,
    waited: Waited | None = None,
) -> dict[str, Any]:
    """Return campaigns beside ledger and server's list as a document of kind `status`."""
    over = _over(waited)
    return {
        "version": 1,
        "kind": "status",
        "environment": environment.name,
        "base_url": environment.base_url,
        "selected": of_selected(selected),
        "campaigns": [
            {
                **of_campaign(status.campaign),
                "ledger": _entry(status.entry) if status.entry else None,
                "server": of_row(status.row),
                "changed": list(status.changed),
                "over": over.get(status.campaign.list_id),
            }
            for status in statuses
        ],
        "waited": of_waited(waited) if waited else None,
    }


def _over(waited: Waited | None) -> Mapping[ListId, bool | None]:
    """Return of each campaign that was looked at whether it is over."""
    campaigns = waited.waiting.campaigns if waited else ()
    return {seen.campaign.list_id: seen.over for seen in campaigns}


def trail_csv(rows: Sequence[TrailRow]) -> str:
    """Return the trail as CSV, one row a line, its detail as JSON."""
    text = io.StringIO()
    writer = csv.DictWriter(text, TRAIL_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        document = _row(row)
        detail = json.dumps(document["detail"], ensure_ascii=False, sort_keys=True)
        writer.writerow(document | {"run_id": document["run"]["run_id"], "detail": detail})
    return text.getvalue().rstrip("\n")


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "list_id": entry.key.list_id,
        "name": entry.name,
        "state": str(entry.state),
        "evidence": entry.evidence,
        "reason": entry.reason,
        "changed_at": format_moment(entry.changed_at),
        "lease_until": format_moment(entry.lease_until) if entry.lease_until else None,
        "run": asdict(entry.run),
        "request": dict(entry.request),
    }


def _row(row: TrailRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": format_moment(row.at),
        "base_url": row.key.base_url,
        "list_id": row.key.list_id,
        "event": str(row.event),
        "run": asdict(row.run),
        "detail": dict(row.detail),
        "previous": row.previous,
        "hash": row.hash,
    }
