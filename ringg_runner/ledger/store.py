"""The ledger: who may start which list, and what became of it, durably and once.

Owns the transactions. A start is claimed here, and the claim committed, before any byte leaves; a
claim whose run vanished stays, abandoned, until somebody settles it. Leases are compared with the
moments that callers pass in, so the clocks of all who share a ledger must agree to within a
fraction of a lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import case, select, update

from ringg_runner.ledger.addresses import SqliteAddress, parse_address
from ringg_runner.ledger.chain import Head, canonical, exact
from ringg_runner.ledger.changes import Claiming, Finishing, Noting, Resolving
from ringg_runner.ledger.engines import WAIT_SECONDS, in_portions
from ringg_runner.ledger.errors import DamagedError, LedgerError
from ringg_runner.ledger.failures import damaged
from ringg_runner.ledger.pen import Pen
from ringg_runner.ledger.postgres import PostgresDatabase
from ringg_runner.ledger.records import CLAIMS, State
from ringg_runner.ledger.rows import read_entry, read_trail_row
from ringg_runner.ledger.sqlite import SqliteDatabase
from ringg_runner.ledger.tables import ENTRIES, LEDGER, STEPS, TRAIL
from ringg_runner.ledger.verification import Broken, find_break

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import ColumnElement

    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.changes import Change
    from ringg_runner.ledger.engines import Database
    from ringg_runner.ledger.records import (
        Claim,
        Ending,
        Entry,
        Event,
        Key,
        RunInfo,
        Taken,
        TrailRow,
    )
    from ringg_runner.ledger.tables import Step

_Made = TypeVar("_Made")

_IS_CLAIM = TRAIL.c.event.in_([event.value for event in CLAIMS])


class Ledger:
    """The durable record of starts; threads may share it, processes each open their own.

    Each method is one transaction: committed when it returns, and nothing is written when it
    raises. One exception lies in the nature of networks: where the connection to PostgreSQL is lost
    during the commit itself, LedgerError is raised and the write may have been done. A claim that
    came about so is never sent, and becomes abandoned like any other.

    All methods raise LedgerError where the database fails, ValueError for a moment without zone.
    """

    def __init__(self, database: Database) -> None:
        """Keep a database whose tables are there; use `open_ledger`."""
        self._database = database

    def __enter__(self) -> Self:
        """Return the ledger, to be closed on leaving."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the ledger, whatever happened."""
        self.close()

    def close(self) -> None:
        """Close all connections; may be called twice."""
        self._database.close()

    def write(self, changes: Sequence[Change[_Made]]) -> list[_Made | LedgerError]:
        """Make changes in one transaction, and return what came of each.

        Together they cost one commit. A change whose own entry is damaged fails alone: its
        LedgerError stands in its place. Where the transaction fails, LedgerError is raised and
        none was made.
        """
        with self._database.writing() as connection:
            pen = Pen(connection, {change.key for change in changes})
            made = [self._make(change, pen) for change in changes]
            pen.put_down()
        return made

    def _make(self, change: Change[_Made], pen: Pen) -> _Made | LedgerError:
        try:
            return change.make(pen)
        except DamagedError as failure:
            return damaged(self._database.address, failure)

    def write_one(self, change: Change[_Made]) -> _Made:
        """Make a change in a transaction of its own, and return what came of it."""
        (made,) = self.write([change])
        if isinstance(made, LedgerError):
            raise made
        return made

    def claim(
        self,
        key: Key,
        run: RunInfo,
        *,
        name: str,
        request: Mapping[str, Any],
        now: datetime,
        lease_until: datetime,
    ) -> Claim | Taken:
        """Claim a list for a run until the lease ends, or say who has it: see `Claiming`."""
        return self.write_one(Claiming(key, run, name, request, now, lease_until))

    def renew(self, run: RunInfo, *, now: datetime, lease_until: datetime) -> int:
        """Extend the lease of every living claim of a run; return how many those are.

        A lease that has ended is not revived, and none is ever shortened.
        """
        lease = ENTRIES.c.lease_until
        longer = case((lease < exact(lease_until), exact(lease_until)), else_=lease)
        held = (
            ENTRIES.c.run_id == run.run_id,
            ENTRIES.c.state == State.CLAIMED.value,
            lease > exact(now),
        )
        with self._database.writing() as connection:
            Pen(connection)
            renewal = update(ENTRIES).where(*held).values(lease_until=longer)
            return connection.execute(renewal).rowcount

    def note(
        self, key: Key, run: RunInfo, event: Event, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        """Append an attempt or a look to the trail; raises ValueError for any other event."""
        self.write_one(Noting(key, run, event, detail, now))

    def finish(self, key: Key, run: RunInfo, ending: Ending, *, now: datetime) -> bool:
        """Record what became of a claim, and tell whether it was still ours: see `Finishing`."""
        return self.write_one(Finishing(key, run, ending, now))

    def resolve(self, key: Key, run: RunInfo, state: State, reason: str, *, now: datetime) -> Entry:
        """Settle, as a person, what is unresolved or abandoned: see `Resolving`."""
        return self.write_one(Resolving(key, run, state, reason, now))

    def entry(self, key: Key) -> Entry | None:
        """Return how a list stands, None where nothing is known of it."""
        found = self._entries(ENTRIES.c.base_url == key.base_url, ENTRIES.c.list_id == key.list_id)
        return found[0] if found else None

    def entries(self, base_url: str | None = None) -> list[Entry]:
        """Return all entries, or those of one API, in the order of their last change."""
        return self._entries(*(() if base_url is None else (ENTRIES.c.base_url == base_url,)))

    def known(self, base_url: str) -> dict[ListId, Entry]:
        """Return how each list of an API stands of which anything is known."""
        return {entry.key.list_id: entry for entry in self.entries(base_url)}

    def by_list(self, list_id: ListId) -> list[Entry]:
        """Return the entries of a list at whatever API, in the order of their last change."""
        return self._entries(ENTRIES.c.list_id == list_id)

    def trail(self, key: Key | None = None) -> list[TrailRow]:
        """Return what happened, to one list or to all, in its order."""
        query = select(TRAIL).order_by(TRAIL.c.number)
        if key is not None:
            query = query.where(TRAIL.c.base_url == key.base_url, TRAIL.c.list_id == key.list_id)
        with self._database.reading() as connection:
            return [read_trail_row(row) for row in connection.execute(query).mappings()]

    def trail_of_run(self, base_url: str, run_id: str) -> list[TrailRow]:
        """Return what a run wrote about an API, in its order."""
        query = select(TRAIL).where(TRAIL.c.base_url == base_url, _by("run_id", run_id))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(TRAIL.c.number)).mappings()
            return [read_trail_row(row) for row in rows]

    def newest_run(self, base_url: str, job_url: str | None = None) -> RunInfo | None:
        """Return the run that claimed a list of an API last, of this job if one is named."""
        query = select(TRAIL).where(TRAIL.c.base_url == base_url, _IS_CLAIM)
        if job_url is not None:
            query = query.where(_by("job_url", job_url))
        with self._database.reading() as connection:
            newest = query.order_by(TRAIL.c.number.desc()).limit(1)
            row = connection.execute(newest).mappings().first()
            return None if row is None else read_trail_row(row).run

    def claimed_under(
        self, plan: str, base_url: str, list_ids: Iterable[ListId]
    ) -> TrailRow | None:
        """Return the first claim on any of these lists that was made under a saved plan, if any.

        `plan` is the plan's seal.
        """
        found: list[TrailRow] = []
        with self._database.reading() as connection:
            for asked in in_portions(list(list_ids)):
                query = select(TRAIL).where(
                    TRAIL.c.base_url == base_url,
                    TRAIL.c.list_id.in_(asked),
                    _IS_CLAIM,
                    TRAIL.c.detail.contains(plan, autoescape=True),
                )
                found += map(read_trail_row, connection.execute(query).mappings())
        claims = (row for row in found if row.detail.get("plan") == plan)
        return min(claims, key=lambda row: row.number, default=None)

    def verify(self) -> Broken | None:
        """Return the first place where trail, head and entries do not hold, None where all holds.

        It finds every change, removal, addition or move of rows and every change of an entry but
        its lease. It does not find a forger who may write the database and computes entries, trail
        and head anew: against that, compare with a copy of the last row's hash that they cannot
        write.
        """
        with self._database.reading() as connection:
            damage = self._database.damage(connection)
            if damage is not None:
                return Broken(None, damage)
            heads = connection.execute(select(LEDGER.c.head_number, LEDGER.c.head_hash)).all()
            trail = connection.execute(select(TRAIL).order_by(TRAIL.c.number)).mappings()
            entries = connection.execute(select(ENTRIES)).mappings()
            return find_break([Head(*head) for head in heads], trail, entries)

    def _entries(self, *conditions: ColumnElement[bool]) -> list[Entry]:
        query = select(ENTRIES).where(*conditions)
        with self._database.reading() as connection:
            found = [read_entry(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda e: (e.changed_at, e.key.base_url, e.key.list_id))


def _by(key: str, value: str) -> ColumnElement[bool]:
    """Return what is true of a row whose run has this value; a run is kept as its JSON text."""
    return TRAIL.c.run.contains(f"{canonical(key)}:{canonical(value)}", autoescape=True)


def open_ledger(
    url: str | Path,
    *,
    create: bool = True,
    wait: float = WAIT_SECONDS,
    steps: tuple[Step, ...] = STEPS,
) -> Ledger:
    """Open the ledger of a path or URL; where `create` is set, make what is missing of it.

    `wait` is for how many seconds a call waits for others that write; `steps` lead to the tables.
    Older tables are migrated. Raises LedgerError where it cannot be opened, is another program's or
    has a newer schema; NoLedgerError where there is none and `create` is not set.
    """
    address = parse_address(url)
    database: Database
    if isinstance(address, SqliteAddress):
        database = SqliteDatabase(address, create=create, wait=wait)
    else:
        database = PostgresDatabase(address, wait=wait)
    try:
        database.prepare(create=create, steps=steps)
    except BaseException:
        database.close()
        raise
    return Ledger(database)
