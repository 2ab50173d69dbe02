"""What `GET /campaign/all` shows: every list with its campaign, page by page, faults included.

Owns the rows, their order and the pages; what exists and what was started is handed to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ringg_runner.sandbox.faults import Faults, ListFault, refusal, refuses
from ringg_runner.sandbox.requests import Page
from ringg_runner.sandbox.store import Start, Status
from ringg_runner.sandbox.workspace import ContactList, Workspace

Row = dict[str, Any]


def by_list(starts: Sequence[Start]) -> dict[str, list[Start]]:
    """The starts of each list, the lists in the order of their first starts."""
    lists: dict[str, list[Start]] = {}
    for start in starts:
        lists.setdefault(start.list_id, []).append(start)
    return lists


def rows(workspace: Workspace, starts: Sequence[Start], faults: Faults, now: datetime) -> list[Row]:
    """Every list with its campaign: the seed's in its own order, then the rest by first start.

    A list keeps its place when it starts, so that a client who pages meanwhile misses none.
    """
    started = by_list(starts)
    lagging = filter(workspace.has_list, faults.lagging())
    ids = dict.fromkeys([*(workspace.lists or {}), *lagging, *started])
    return [
        _row(workspace.contact_list(list_id), _seen(list_id, started, faults, now))
        for list_id in ids
        if not faults.hides(list_id)
    ]


def document(all_rows: Sequence[Row], page: Page, fault: ListFault | None, answer: int) -> Row:
    """The answer number `answer` to a request for a page.

    Raises HTTPException where the list can't be read.
    """
    if fault is not None and refuses(fault):
        raise refusal(fault)
    if fault is ListFault.SHAPE:
        return {"data": {"items": list(all_rows)}}
    shuffled = fault is ListFault.SHUFFLED
    total, ordered = _shuffled(all_rows, answer) if shuffled else (len(all_rows), list(all_rows))
    shown = list(page.of(ordered))
    if shuffled and len(shown) > 1:
        shown[-1] = shown[0]
    return {
        "campaigns": shown,
        "pagination": {"total": total, "limit": page.limit, "offset": page.offset},
    }


def _shuffled(all_rows: Sequence[Row], answer: int) -> tuple[int, list[Row]]:
    """A total and an order that differ from one answer to the next, in the same way each time."""
    if not all_rows:
        return 0, []
    first = answer % len(all_rows)
    ordered = [*all_rows[first:], *all_rows[:first]]
    return len(all_rows) + (0, 1, -1)[answer % 3], ordered[:: -1 if answer % 2 else 1]


def _seen(
    list_id: str, started: Mapping[str, list[Start]], faults: Faults, now: datetime
) -> list[Start]:
    """The starts of a list that the server's list knows of already."""
    every = started.get(list_id, [])
    known = [
        start for start in every if start.started_at <= now - timedelta(seconds=faults.seconds)
    ]
    return known if known != every and faults.lags(list_id) else every


def _row(listed: ContactList, starts: Sequence[Start]) -> Row:
    row: Row = {
        "id": listed.id,
        "name": listed.name,
        "campaign_status": "draft",
        "campaign_start_time": None,
        "campaign_end_time": None,
        "created_at": None,
        "updated_at": None,
        "agent_id": listed.agent_id,
        "total_calls": listed.contacts,
        "invalidated_rows_count": 0,
    }
    return row | _campaign(starts) if starts else row


def _campaign(starts: Sequence[Start]) -> Row:
    first, latest = starts[0], starts[-1]
    status = _status(starts)
    ended = latest.completed_at if status is Status.COMPLETED else None
    return {
        "name": latest.name,
        "campaign_status": status.value,
        "campaign_start_time": _time(latest.started_at),
        "campaign_end_time": _time(ended) if ended else None,
        "created_at": _time(first.started_at),
        "updated_at": _time(ended or latest.started_at),
        "agent_id": latest.agent_id,
    }


def _status(starts: Sequence[Start]) -> Status:
    """A campaign is ongoing while any start of it is, as the guard has it too."""
    ongoing = any(start.status is Status.ONGOING for start in starts)
    return Status.ONGOING if ongoing else starts[-1].status


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
