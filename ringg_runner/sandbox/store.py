"""What was started in the sandbox, durably, in one SQLite file that several processes may share.

Owns the atomic claim of a start and what became of it; knows nothing of HTTP or of what exists.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    create_engine,
    exists,
    insert,
    select,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from ringg_runner.sandbox.schema import UnusableError, prepare
from ringg_runner.sandbox.schema import starts as _starts

_BUSY_SECONDS = 30


class StoreError(Exception):
    """A file that can't serve as the sandbox's database: the sentence names it and says why."""


class Status(StrEnum):
    """Where a start has got to, in the API's words."""

    PREPARING = "preparing"
    ONGOING = "ongoing"
    COMPLETED = "completed"


@dataclass(frozen=True)
class Start:
    """One start of a list, as it stands at the moment of the question; moments are in UTC."""

    list_id: str
    agent_id: str
    number_pool_id: str
    name: str
    started_at: datetime
    status: Status
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Claim:
    """What became of one start: registered, or lost to an earlier one that is still ongoing."""

    registered: bool
    others_ongoing: bool


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Store:
    """The starts in one SQLite file, or in memory where `path` is None; usable by threads.

    Opening creates what is missing: the folder (with a `.gitignore` for all in it), the file,
    the table; and it brings an older file up to date. Raises StoreError where the file can't be
    opened, is another program's, or was written by a newer version.

    Nothing runs here: where a start has got to follows from its moment, the clock and
    `call_seconds`, the time from the first call to the last. None is for ever.
    """

    def __init__(self, path: Path | None, clock: Callable[[], datetime] = utc_now) -> None:
        """Opens the file; `clock` gives the present moment."""
        self._clock = clock
        self._lock = threading.Lock()
        self._engine = _engine(path)
        try:
            if path is not None:
                _make_folder(path.absolute().parent)
            self._open()
        except (OSError, DatabaseError, UnusableError) as error:
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

    def now(self) -> datetime:
        """The present moment, by the clock that the starts go by."""
        return self._clock().astimezone(UTC)

    def start(
        self,
        *,
        list_id: str,
        agent_id: str,
        number_pool_id: str,
        name: str,
        preparing_seconds: float = 0,
        call_seconds: float | None = None,
    ) -> Claim:
        """Starts the campaign of a list unless a start of it is ongoing, in one atomic step.

        Of any number of threads and processes that start one list, one is registered, until that
        one has completed. During its `preparing_seconds` a start keeps no other away.
        """
        with self._writing() as connection:
            # Taken after the wait for other processes, so that moments and numbers agree.
            now = self.now()
            ongoing = _status(now, call_seconds) == Status.ONGOING
            same = _starts.c.list_id == list_id
            guarded = connection.execute(select(exists().where(same, ongoing))).scalar_one()
            others = connection.execute(select(exists().where(~same, ongoing))).scalar_one()
            if not guarded:
                row = {
                    "list_id": list_id,
                    "agent_id": agent_id,
                    "number_pool_id": number_pool_id,
                    "name": name,
                    "started_at": _stamp(now),
                    "ongoing_at": _stamp(now + timedelta(seconds=preparing_seconds)),
                }
                connection.execute(insert(_starts).values(row))
            return Claim(registered=not guarded, others_ongoing=bool(others))

    def starts(self, call_seconds: float | None = None) -> list[Start]:
        """All starts in their order, each a row of its own, however often a list was started."""
        status = _status(self.now(), call_seconds)
        query = select(_starts, status.label("status")).order_by(_starts.c.number)
        with self._lock, self._engine.begin() as connection:
            rows = connection.execute(query).all()
        return [
            Start(
                list_id=row.list_id,
                agent_id=row.agent_id,
                number_pool_id=row.number_pool_id,
                name=row.name,
                started_at=datetime.fromisoformat(row.started_at),
                status=Status(row.status),
                completed_at=_end(row.status, row.ongoing_at, call_seconds),
            )
            for row in rows
        ]

    def _open(self) -> None:
        # From its start on nobody else can create the table between our look and our step.
        with self._writing() as connection:
            prepare(connection)
        # Refused while another process is just opening the file; then that one makes the switch.
        with suppress(OperationalError), self._engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes, from its first look at the file."""
        with self._lock, self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection


def _status(now: datetime, call_seconds: float | None) -> ColumnElement[str]:
    """The status of a row, for every question about it the same."""
    ongoing_at, started_at = _starts.c.ongoing_at, _starts.c.started_at
    # A clock that is set back must not put what never was in preparation into it.
    preparing = and_(ongoing_at > started_at, ongoing_at > _stamp(now))
    over = "" if call_seconds is None else _stamp(now - timedelta(seconds=call_seconds))
    return case(
        (preparing, Status.PREPARING.value),
        (ongoing_at <= over, Status.COMPLETED.value),
        else_=Status.ONGOING.value,
    )


def _end(status: str, ongoing_at: str, call_seconds: float | None) -> datetime | None:
    if status != Status.COMPLETED or call_seconds is None:
        return None
    return datetime.fromisoformat(ongoing_at) + timedelta(seconds=call_seconds)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


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
