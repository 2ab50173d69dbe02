"""What was started in the sandbox, durably, in one SQLite file that several processes may share.

Owns the table and the atomic claim of a start; knows nothing of HTTP or of what exists.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    exists,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

ONGOING = "ongoing"
SCHEMA_VERSION = 1

_APPLICATION_ID = 0x52494E47  # "RING": tells our file from any other SQLite database
_BUSY_SECONDS = 30

_metadata = MetaData()
_campaigns = Table(
    "campaigns",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("list_id", Text, nullable=False, unique=True),
    Column("agent_id", Text, nullable=False),
    Column("number_pool_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("started_at", Text, nullable=False),
)


class StoreError(Exception):
    """A file that can't serve as the sandbox's database: the sentence names it and says why."""


@dataclass(frozen=True)
class StartedCampaign:
    """A campaign that was started; times are UTC, ISO 8601, in seconds."""

    list_id: str
    agent_id: str
    number_pool_id: str
    name: str
    status: str
    created_at: str
    started_at: str


@dataclass(frozen=True)
class Claim:
    """What became of one start: registered, or lost to an earlier start of the same list."""

    registered: bool
    others_ongoing: bool


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Store:
    """The campaigns of one SQLite file, or of memory where `path` is None; usable by threads.

    Opening creates what is missing: the folder (with a `.gitignore` for all in it), the file,
    the table. Raises StoreError where the file can't be opened, is another program's, or was
    written by a newer version.
    """

    def __init__(self, path: Path | None, clock: Callable[[], datetime] = utc_now) -> None:
        """Opens the file; `clock` gives the moment of a start."""
        self._clock = clock
        self._lock = threading.Lock()
        self._engine = _engine(path)
        try:
            if path is not None:
                _make_folder(path.absolute().parent)
            self._open()
        except (OSError, DatabaseError, _UnusableError) as error:
            self.close()
            cause = error.orig if isinstance(error, DatabaseError) else error
            raise StoreError(f"{path}: cannot be the sandbox's database: {cause}") from error

    def __enter__(self) -> Self:
        """The store itself, to be closed on leaving."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the store, whatever happened."""
        self.close()

    def close(self) -> None:
        """Closes the file; may be called twice."""
        self._engine.dispose()

    def start(self, *, list_id: str, agent_id: str, number_pool_id: str, name: str) -> Claim:
        """Starts the campaign of a list unless it was started before, in one atomic step.

        Of any number of threads and processes that start one list, one is registered.
        """
        now = self._clock().astimezone(UTC).isoformat(timespec="seconds")
        row = StartedCampaign(list_id, agent_id, number_pool_id, name, ONGOING, now, now)
        claim = insert(_campaigns).values(vars(row)).on_conflict_do_nothing()
        others = select(
            exists().where(_campaigns.c.list_id != list_id, _campaigns.c.status == ONGOING)
        )
        with self._lock, self._engine.begin() as connection:
            registered = connection.execute(claim).rowcount == 1
            return Claim(registered, bool(connection.execute(others).scalar_one()))

    def campaigns(self) -> list[StartedCampaign]:
        """All started campaigns, in the order of their starts."""
        columns = [_campaigns.c[field.name] for field in fields(StartedCampaign)]
        query = select(*columns).order_by(_campaigns.c.number)
        with self._lock, self._engine.begin() as connection:
            return [StartedCampaign(*row) for row in connection.execute(query)]

    def _open(self) -> None:
        with self._engine.begin() as connection:
            # From here on nobody else can create the table between our look and our step.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _prepare(connection)
        # Refused while another process is just opening the file; then that one makes the switch.
        with suppress(OperationalError), self._engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")


class _UnusableError(Exception):
    """A database that opens but is not ours to use."""


def _engine(path: Path | None) -> Engine:
    # One connection, guarded by the store's lock: in memory a second would be a second database.
    return create_engine(
        URL.create("sqlite", database=None if path is None else str(path.absolute())),
        poolclass=StaticPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _prepare(connection: Connection) -> None:
    """Creates the table in an empty file; a later version migrates here."""
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if (tables, owner, version) == (0, 0, 0):
        _metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif owner != _APPLICATION_ID:
        raise _UnusableError("it belongs to another program")
    elif version > SCHEMA_VERSION:
        raise _UnusableError(f"its schema version {version} is newer than {SCHEMA_VERSION}")
