"""Writing to a ledger, within one transaction: the trail first, and what it makes of an entry.

The lock of the head row comes before all else. It serialises the writers on PostgreSQL, where a
transaction alone does not, and so makes of looking at an entry and changing it one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ringg_runner.ledger.chain import Head, link
from ringg_runner.ledger.errors import DamagedError
from ringg_runner.ledger.replay import after
from ringg_runner.ledger.rows import entry_columns, read_entry, trail_columns
from ringg_runner.ledger.tables import ENTRIES, LEDGER, TRAIL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from ringg_runner.ledger.records import Entry, Event, Key, RunInfo, TrailRow


class Pen:
    """The right to write: while it lives, nobody else has it."""

    def __init__(self, connection: Connection) -> None:
        """Wait for the right; raises DamagedError where the trail has no head."""
        query = select(LEDGER.c.head_number, LEDGER.c.head_hash).with_for_update()
        heads = connection.execute(query).all()
        if len(heads) != 1:
            raise DamagedError("the trail has no head")
        self.connection = connection
        self._head = Head(*heads[0])

    def entry(self, key: Key) -> Entry | None:
        """Return the entry of a list."""
        row = self.connection.execute(select(ENTRIES).where(*_is(key))).mappings().one_or_none()
        return None if row is None else read_entry(row)

    def append(
        self, key: Key, run: RunInfo, event: Event, detail: Mapping[str, Any], now: datetime
    ) -> TrailRow:
        """Append to the trail; raises TypeError or ValueError for a detail that is no JSON."""
        row = link(self._head, at=now, key=key, event=event, run=run, detail=detail)
        self._head = Head(row.number, row.hash)
        self.connection.execute(insert(TRAIL).values(trail_columns(row)))
        self.connection.execute(update(LEDGER).values(head_number=row.number, head_hash=row.hash))
        return row

    def change(self, old: Entry | None, row: TrailRow) -> Entry:
        """Write what a row makes of an entry, and return it."""
        entry = after(row, old)
        assert entry is not None
        columns = entry_columns(entry)
        if old is None:
            self.connection.execute(insert(ENTRIES).values(columns))
        else:
            self.connection.execute(update(ENTRIES).where(*_is(entry.key)).values(columns))
        return entry


def _is(key: Key) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ENTRIES.c.base_url == key.base_url, ENTRIES.c.list_id == key.list_id
