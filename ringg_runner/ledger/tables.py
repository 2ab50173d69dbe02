"""The tables of a ledger, its schema version, and the steps that lead from version to version.

The steps are plain SQL that SQLite and PostgreSQL both understand, and are never edited once they
were released: a change is a further step. `ringg_ledger` is the exception to any change, since an
older program must always be able to read the version in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Column, Integer, MetaData, Table, Text, literal, select, update

from ringg_runner.ledger.chain import FIRST
from ringg_runner.ledger.errors import LedgerError, NoLedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

PROGRAM = "ringg-runner"

_metadata = MetaData()

# One row: whose database this is, its version, and the head of the trail.
LEDGER = Table(
    "ringg_ledger",
    _metadata,
    Column("program", Text, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("head_number", Integer, nullable=False),
    Column("head_hash", Text, nullable=False),
)

ENTRIES = Table(
    "ringg_entries",
    _metadata,
    Column("base_url", Text, primary_key=True),
    Column("list_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("evidence", Text),
    Column("reason", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("lease_until", Text),
)

TRAIL = Table(
    "ringg_trail",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("list_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

Step: TypeAlias = tuple[str, ...]

STEPS: tuple[Step, ...] = (
    (
        """CREATE TABLE ringg_ledger (
            program TEXT PRIMARY KEY,
            schema_version INTEGER NOT NULL,
            head_number INTEGER NOT NULL,
            head_hash TEXT NOT NULL
        )""",
        f"INSERT INTO ringg_ledger VALUES ('{PROGRAM}', 0, 0, '{FIRST}')",  # noqa: S608, no input
        """CREATE TABLE ringg_entries (
            base_url TEXT NOT NULL,
            list_id TEXT NOT NULL,
            state TEXT NOT NULL,
            name TEXT NOT NULL,
            run_id TEXT NOT NULL,
            run TEXT NOT NULL,
            request TEXT NOT NULL,
            evidence TEXT,
            reason TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            lease_until TEXT,
            PRIMARY KEY (base_url, list_id)
        )""",
        "CREATE INDEX ringg_entries_list ON ringg_entries (list_id)",
        "CREATE INDEX ringg_entries_run ON ringg_entries (run_id, state)",
        """CREATE TABLE ringg_trail (
            number INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            base_url TEXT NOT NULL,
            list_id TEXT NOT NULL,
            event TEXT NOT NULL,
            run TEXT NOT NULL,
            detail TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        )""",
        "CREATE INDEX ringg_trail_key ON ringg_trail (base_url, list_id, number)",
    ),
)
"""Each step leads to the version that is its place in this table, counted from 1."""


def stored_version(connection: Connection, label: str) -> int:
    """Return the version of a ledger's tables; raises LedgerError where they are not ours."""
    versions = connection.execute(
        select(LEDGER.c.schema_version).where(LEDGER.c.program == literal(PROGRAM))
    ).all()
    if len(versions) != 1:
        raise not_ours(label)
    return int(versions[0][0])


def not_ours(label: str) -> LedgerError:
    """Return the error for a database that somebody else made."""
    return LedgerError(
        f"{label} belongs to another program",
        "point the ledger to a file or a schema of its own",
    )


def no_ledger(label: str) -> NoLedgerError:
    """Return the error for a ledger that is not there and was not to be created."""
    return NoLedgerError(f"{label} does not exist yet", "the first apply creates it")


def is_current(version: int, label: str, *, create: bool, steps: tuple[Step, ...] = STEPS) -> bool:
    """Tell whether a database of that version can be used as it is; 0 is an empty one.

    Raises LedgerError for a newer version, NoLedgerError for none that may not be created.
    """
    if version > len(steps):
        raise LedgerError(
            f"{label} has schema version {version}, and this program knows {len(steps)} at most",
            "use the newer ringg-runner that wrote it",
        )
    if version == 0 and not create:
        raise no_ledger(label)
    return version == len(steps)


def migrate(connection: Connection, version: int, steps: tuple[Step, ...] = STEPS) -> None:
    """Take a database from its version to the last, within the caller's transaction."""
    for step in steps[version:]:
        for statement in step:
            connection.exec_driver_sql(statement)
    connection.execute(update(LEDGER).values(schema_version=len(steps)))
