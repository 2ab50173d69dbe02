"""A ledger in a PostgreSQL schema: how it is connected, locked and recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from ringg_runner.ledger.engines import WAIT_SECONDS, Database
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.tables import stored_version

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ringg_runner.ledger.addresses import PostgresAddress

_OPENING_LOCK = 0x52474C44  # any number that others are unlikely to lock

# For the transaction only, since a pooler may hand the session on to others. A commit must be on
# the server's disk when it returns, whatever its default; and a runner that was frozen midway must
# not keep the others waiting for ever.
_BEGIN_WRITING = """
    SELECT
        set_config('lock_timeout', '{milliseconds}ms', true),
        set_config('idle_in_transaction_session_timeout', '60s', true),
        set_config(
            'synchronous_commit',
            replace(current_setting('synchronous_commit'), 'off', 'on'),
            true
        )
"""
_OUR_TABLE = """
    SELECT count(*) FROM pg_catalog.pg_class
    WHERE relname = 'ringg_ledger' AND relnamespace = to_regnamespace(quote_ident(current_schema()))
"""


class PostgresDatabase(Database):
    """One schema, and a small pool of connections that are made anew when they were lost."""

    def __init__(self, address: PostgresAddress, *, wait: float = WAIT_SECONDS) -> None:
        """Prepare to connect; raises LedgerError where the driver is not installed."""
        engine = _engine(address, wait)
        reader = engine.execution_options(isolation_level="REPEATABLE READ")
        super().__init__(address, engine, reader)
        self._begin = _BEGIN_WRITING.format(milliseconds=round(wait * 1000))

    def _begin_writing(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._begin)

    def _begin_reading(self, connection: Connection) -> None:
        """Nothing is left to do: the reader's engine has begun already."""

    def _lock_opening(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OPENING_LOCK})")

    def _version(self, connection: Connection) -> int:
        if connection.exec_driver_sql("SELECT current_schema()").scalar_one() is None:
            raise LedgerError(
                f"{self.address.label} selects a schema that does not exist",
                "create the schema first",
            )
        if not connection.exec_driver_sql(_OUR_TABLE).scalar_one():
            return 0
        return stored_version(connection, self.address.label)

    def _mark(self, connection: Connection) -> None:
        """Nothing is left to do: the tables' own names and first row tell whose they are."""


def _engine(address: PostgresAddress, wait: float) -> Engine:
    try:
        return create_engine(
            address.url,
            # Whoever waits for a lock must then see what its holder committed.
            isolation_level="READ COMMITTED",
            # Statements prepared in a session do not survive a pooler.
            connect_args={"prepare_threshold": None},
            pool_size=5,
            max_overflow=10,
            pool_timeout=wait,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        raise LedgerError(
            f"{address.label} needs the PostgreSQL driver psycopg, which cannot be loaded",
            "pip install 'ringg-runner[postgres]'",
        ) from error
