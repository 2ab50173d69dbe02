"""The ledger: who may start which list, and what became of it, durably and once.

Owns the rules of claims and the order of writes. A start is claimed here, and the claim committed,
before any byte leaves; a claim whose run vanished stays, abandoned, until somebody settles it.
Knows no clock and no API. Leases are compared with the moments that callers pass in, so the clocks
of all who share a ledger must agree to within a fraction of a lease.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import case, select, update

from ringg_runner.ledger.addresses import SqliteAddress, parse_address
from ringg_runner.ledger.chain import Head, exact
from ringg_runner.ledger.engines import WAIT_SECONDS
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.pen import Pen
from ringg_runner.ledger.postgres import PostgresDatabase
from ringg_runner.ledger.records import Claim, Ending, Event, State, Taken
from ringg_runner.ledger.replay import NOTES, claim_detail, ending_detail
from ringg_runner.ledger.rows import read_entry, read_trail_row
from ringg_runner.ledger.sqlite import SqliteDatabase
from ringg_runner.ledger.tables import ENTRIES, LEDGER, STEPS, TRAIL
from ringg_runner.ledger.verification import Broken, find_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import ColumnElement

    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.engines import Database
    from ringg_runner.ledger.records import Entry, Key, RunInfo, TrailRow
    from ringg_runner.ledger.tables import Step

PERSON = "person"
"""The evidence of what a person settled."""

_ENDINGS = frozenset({State.STARTED, State.NOT_STARTED, State.UNRESOLVED})
_SETTLEMENTS = frozenset({State.STARTED, State.NOT_STARTED})


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
        """Claim a list for a run until the lease ends, or say who has it.

        Only a list that is unknown or did not start is free. One that is unresolved, or whose claim
        was abandoned, is taken over, and the claim then tells what is `inherited`. One that was
        started or has a living claim, be it this run's own, is taken.

        Raises ValueError for a lease that has ended already.
        """
        if lease_until <= now:
            raise ValueError("a lease ends after it begins")
        with self._writing() as pen:
            old = pen.entry(key)
            if old is not None and _is_taken(old, now):
                return Taken(old)
            inherited = None if old is None or old.state is State.NOT_STARTED else old
            event = Event.CLAIMED if inherited is None else Event.TAKEN_OVER
            detail = claim_detail(
                name=name, request=request, lease_until=lease_until, inherited=inherited
            )
            entry = pen.change(old, pen.append(key, run, event, detail, now))
        return Claim(entry, inherited)

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
        with self._writing() as pen:
            return pen.connection.execute(
                update(ENTRIES).where(*held).values(lease_until=longer)
            ).rowcount

    def note(
        self, key: Key, run: RunInfo, event: Event, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        """Append an attempt or a look to the trail; raises ValueError for any other event."""
        if event not in NOTES:
            raise ValueError(f"{event} is not for notes")
        with self._writing() as pen:
            pen.append(key, run, event, detail, now)

    def finish(self, key: Key, run: RunInfo, ending: Ending, *, now: datetime) -> bool:
        """Record what became of a claim, and tell whether the claim was still the run's.

        It is as long as nobody took it over, also when its lease has ended. Otherwise the entry
        stays as it is, and the trail alone keeps what this run saw.

        Raises ValueError for an ending that ends nothing.
        """
        if ending.state not in _ENDINGS:
            raise ValueError(f"a claim cannot end as {ending.state}")
        with self._writing() as pen:
            old = pen.entry(key)
            held = old is not None and (old.state, old.run.run_id) == (State.CLAIMED, run.run_id)
            row = pen.append(
                key, run, Event(ending.state.value), ending_detail(ending, held=held), now
            )
            if held:
                pen.change(old, row)
        return held

    def resolve(self, key: Key, run: RunInfo, state: State, reason: str, *, now: datetime) -> Entry:
        """Settle, as a person, what is unresolved or abandoned; return how it stands now.

        Raises LedgerError for a list that is unknown, settled already or has a living claim, and
        ValueError for a state that settles nothing.
        """
        if state not in _SETTLEMENTS:
            raise ValueError(f"{state} settles nothing")
        ending = Ending(state, reason, PERSON)
        with self._writing() as pen:
            old = pen.entry(key)
            _refuse_settled(key, old, now)
            row = pen.append(key, run, Event.RESOLVED, ending_detail(ending, held=True), now)
            return pen.change(old, row)

    def entry(self, key: Key) -> Entry | None:
        """Return how a list stands, None where nothing is known of it."""
        found = self._entries(ENTRIES.c.base_url == key.base_url, ENTRIES.c.list_id == key.list_id)
        return found[0] if found else None

    def entries(self, base_url: str | None = None) -> list[Entry]:
        """Return all entries, or those of one API, in the order of their last change."""
        return self._entries(*(() if base_url is None else (ENTRIES.c.base_url == base_url,)))

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

    @contextmanager
    def _writing(self) -> Iterator[Pen]:
        with self._database.writing() as connection:
            yield Pen(connection)


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


def _is_taken(entry: Entry, now: datetime) -> bool:
    alive = entry.state is State.CLAIMED and not entry.is_abandoned(now)
    return alive or entry.state is State.STARTED


def _refuse_settled(key: Key, entry: Entry | None, now: datetime) -> None:
    if entry is None:
        raise LedgerError(
            f"the ledger knows nothing of list {key.list_id} at {key.base_url}",
            "check the id and the environment",
        )
    if entry.state in _SETTLEMENTS:
        settled = entry.state.value.replace("_", " ")
        raise LedgerError(f"list {key.list_id} is settled already: {settled}, {entry.reason}")
    if _is_taken(entry, now):
        raise LedgerError(
            f"list {key.list_id} is {entry.reason}",
            "wait until that run ends, or until its claim runs out",
        )
