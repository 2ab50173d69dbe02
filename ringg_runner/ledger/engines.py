"""The transactions on a ledger's database, and how its tables come about; common to all databases.

A write holds the one write lock of the database from its first statement to its commit: SQLite's
own, or on PostgreSQL the lock of the head row, which the store takes. Reads see one state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ringg_runner.ledger.failures import translated
from ringg_runner.ledger.tables import STEPS, is_current, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from ringg_runner.ledger.addresses import PostgresAddress, SqliteAddress
    from ringg_runner.ledger.tables import Step

WAIT_SECONDS = 30.0
"""How long a call waits for others that write, unless told otherwise."""

_MOST = 500
"""How many values one statement asks for: databases bound them."""

_Value = TypeVar("_Value")


def in_portions(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """Yield values, no more at a time than one statement can ask for."""
    for first in range(0, len(values), _MOST):
        yield values[first : first + _MOST]


class Database(ABC):
    """One database; what differs from kind to kind is left to the kinds."""

    def __init__(
        self, address: SqliteAddress | PostgresAddress, engine: Engine, reader: Engine
    ) -> None:
        """Keep the engine and its variant for reading; nothing is opened yet."""
        self.address = address
        self._engine = engine
        self._reader = reader

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that commits at its end and is undone by any exception."""
        with translated(self.address), self._engine.begin() as connection:
            self._begin_writing(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction in which all reads see one state."""
        with translated(self.address), self._reader.begin() as connection:
            self._begin_reading(connection)
            yield connection

    def close(self) -> None:
        """Close all connections; may be called twice."""
        self._engine.dispose()

    def prepare(self, *, create: bool, steps: tuple[Step, ...] = STEPS) -> None:
        """Make sure that the tables are there, in the version to which the steps lead.

        Raises LedgerError where that cannot be, NoLedgerError where there are none and they are not
        to be created.
        """
        with self.reading() as connection:
            if self._is_current(connection, create, steps):
                return
        with self.writing() as connection:
            self._lock_opening(connection)
            # Somebody else may have done it between the look and the lock; then no step is left.
            migrate(connection, self._version(connection), steps)
            self._mark(connection)

    def _is_current(self, connection: Connection, create: bool, steps: tuple[Step, ...]) -> bool:
        version = self._version(connection)
        return is_current(version, self.address.label, create=create, steps=steps)

    def damage(self, connection: Connection) -> str | None:  # noqa: ARG002, SQLite needs it
        """Return what the database itself finds wrong with its storage, None where it finds none.

        A server's storage is for the server's own tools to check.
        """
        return None

    @abstractmethod
    def _begin_writing(self, connection: Connection) -> None:
        """Begin what only one at a time may do, as far as the database needs to be told."""

    @abstractmethod
    def _begin_reading(self, connection: Connection) -> None:
        """Begin to read, as far as the database needs to be told."""

    @abstractmethod
    def _lock_opening(self, connection: Connection) -> None:
        """Keep others from creating or migrating the tables until the transaction ends."""

    @abstractmethod
    def _version(self, connection: Connection) -> int:
        """Return the schema version, 0 for an empty database; LedgerError for another's."""

    @abstractmethod
    def _mark(self, connection: Connection) -> None:
        """Leave what tells this database from others', beside the tables."""
