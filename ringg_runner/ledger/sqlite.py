"""A ledger in a SQLite file: how it is opened, locked and recognised."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from ringg_runner.ledger.engines import WAIT_SECONDS, Database
from ringg_runner.ledger.errors import DamagedError, LedgerError
from ringg_runner.ledger.failures import translated
from ringg_runner.ledger.tables import STEPS, no_ledger, not_ours, stored_version

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

    from ringg_runner.ledger.addresses import SqliteAddress
    from ringg_runner.ledger.tables import Step

APPLICATION_ID = 0x52474C44  # "RGLD": tells our file from any other SQLite database

_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns
    "PRAGMA fullfsync = ON",  # also on macOS, where a mere fsync does not promise that
    "PRAGMA foreign_keys = ON",
)


class SqliteDatabase(Database):
    """One file, one connection: threads take turns, as SQLite would make them do anyway."""

    def __init__(self, address: SqliteAddress, *, create: bool, wait: float = WAIT_SECONDS) -> None:
        """Prepare to open a file; its folder is created only where that is asked.

        Raises LedgerError where that fails, NoLedgerError where there is no file to open.
        """
        path = address.path.absolute()
        with translated(address):
            if create:
                _make_folder(path.parent)
            elif not path.exists():
                raise no_ledger(address.label)
        self._path = path
        engine = _engine(path, create=create, wait=wait)
        super().__init__(address, engine, engine)

    def prepare(self, *, create: bool, steps: tuple[Step, ...] = STEPS) -> None:
        """Make sure of the tables, and where it may write at all, that readers do not block."""
        super().prepare(create=create, steps=steps)
        if create:
            self._refuse_lost_entries()
            # Refused while another process is just opening the file; then that one does it.
            with translated(self.address), suppress(OperationalError):  # noqa: SIM117
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def _refuse_lost_entries(self) -> None:
        # An index that lost an entry would make a started list look free.
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check('ringg_entries')").scalar()
            if found != "ok":
                raise DamagedError(str(found))

    def damage(self, connection: Connection) -> str | None:
        """Return the first thing that does not fit in the file."""
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        return None if found == "ok" else f"the file is damaged: {found}"

    def _begin_writing(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        # SQLite would go on writing to a file that has no name any more, and nobody would find it.
        if _identity(self._path) != connection.info["identity"]:
            raise LedgerError(
                f"{self.address.label} was moved, replaced or deleted while it was open",
                "put it back before the next run; what this run started is in the file it opened",
            )

    def _begin_reading(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def _lock_opening(self, connection: Connection) -> None:
        """Nothing is left to do: a writing transaction has the lock already."""

    def _version(self, connection: Connection) -> int:
        owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        if owner == APPLICATION_ID:
            return stored_version(connection, self.address.label)
        if owner or connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            raise not_ours(self.address.label)
        return 0

    def _mark(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _engine(path: Path, *, create: bool, wait: float) -> Engine:
    location = f"{path.as_uri()}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        # Transactions begin where we say so, not where the driver guesses.
        return sqlite3.connect(
            location,
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=wait,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["identity"] = _identity(path)
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    return engine
