"""Writing to a ledger, within one transaction: the trail first, and what it makes of an entry.

The lock of the head row comes before all else. It serialises the writers on PostgreSQL, where a
transaction alone does not, and so makes of looking at an entry and changing it one step. What is
written is gathered, and goes to the database in a few statements when the pen is put down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from ringg_runner.ledger.chain import Head, link
from ringg_runner.ledger.engines import in_portions
from ringg_runner.ledger.errors import DamagedError
from ringg_runner.ledger.replay import after
from ringg_runner.ledger.rows import entry_columns, read_entry, trail_columns
from ringg_runner.ledger.tables import ENTRIES, LEDGER, TRAIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from ringg_runner.ledger.records import Entry, Event, Key, RunInfo, TrailRow

_HEAD = select(LEDGER.c.head_number, LEDGER.c.head_hash).with_for_update()
_OF_LISTS = select(ENTRIES).where(
    ENTRIES.c.base_url == bindparam("base_url"),
    ENTRIES.c.list_id.in_(bindparam("list_ids", expanding=True)),
)
_APPEND = insert(TRAIL)
_ADD = insert(ENTRIES)
_CHANGE = update(ENTRIES).where(
    ENTRIES.c.base_url == bindparam("its_base_url"), ENTRIES.c.list_id == bindparam("its_list_id")
)
_MOVE_HEAD = update(LEDGER).values(head_number=bindparam("number"), head_hash=bindparam("hash"))


class Pen:
    """The right to write: while it lives, nobody else has it."""

    def __init__(self, connection: Connection, keys: Iterable[Key] = ()) -> None:
        """Wait for the right, and read the entries of these lists, which alone can be changed.

        Raises DamagedError where the trail has no head.
        """
        heads = connection.execute(_HEAD).all()
        if len(heads) != 1:
            raise DamagedError("the trail has no head")
        self.connection = connection
        self._head = Head(*heads[0])
        self._stored = dict(_stored(connection, keys))
        self._changed: dict[Key, Entry] = {}
        self._trail: list[dict[str, Any]] = []

    def entry(self, key: Key) -> Entry | None:
        """Return the entry of a list; raises DamagedError where it cannot be read."""
        if key in self._changed:
            return self._changed[key]
        row = self._stored.get(key)
        return None if row is None else read_entry(row)

    def append(
        self, key: Key, run: RunInfo, event: Event, detail: Mapping[str, Any], now: datetime
    ) -> TrailRow:
        """Append to the trail; raises TypeError or ValueError for a detail that is no JSON."""
        row = link(self._head, at=now, key=key, event=event, run=run, detail=detail)
        self._head = Head(row.number, row.hash)
        self._trail.append(trail_columns(row))
        return row

    def change(self, old: Entry | None, row: TrailRow) -> Entry:
        """Write what a row makes of an entry, and return it."""
        entry = after(row, old)
        assert entry is not None
        self._changed[entry.key] = entry
        return entry

    def put_down(self) -> None:
        """Write everything to the database; the transaction is the caller's to end."""
        if not self._trail:
            return
        new = [entry_columns(e) for key, e in self._changed.items() if key not in self._stored]
        old = [
            entry_columns(entry) | {"its_base_url": key.base_url, "its_list_id": key.list_id}
            for key, entry in self._changed.items()
            if key in self._stored
        ]
        head = [{"number": self._head.number, "hash": self._head.hash}]
        for statement, rows in (
            (_APPEND, self._trail),
            (_ADD, new),
            (_CHANGE, old),
            (_MOVE_HEAD, head),
        ):
            if rows:
                self.connection.execute(statement, rows)


def _stored(connection: Connection, keys: Iterable[Key]) -> Iterable[tuple[Key, RowMapping]]:
    by_url: dict[str, list[Key]] = {}
    for key in keys:
        by_url.setdefault(key.base_url, []).append(key)
    for base_url, some in by_url.items():
        its = {key.list_id: key for key in some}
        for list_ids in in_portions(list(its)):
            asked = {"base_url": base_url, "list_ids": list_ids}
            for row in connection.execute(_OF_LISTS, asked).mappings():
                yield its[row["list_id"]], row
