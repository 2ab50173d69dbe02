"""The sandbox's SQLite file: its table, its version, and how an older file becomes a newer one.

Owns the schema; what the rows mean is the store's.
"""

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text

SCHEMA_VERSION = 2

_APPLICATION_ID = 0x52494E47  # "RING": tells our file from any other SQLite database

_metadata = MetaData()

# Moments are UTC, ISO 8601, in microseconds: of this form, the text sorts as the time does.
starts = Table(
    "starts",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("list_id", Text, nullable=False, index=True),
    Column("agent_id", Text, nullable=False),
    Column("number_pool_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("ongoing_at", Text, nullable=False),
)

# Version 1 had a row for each list, started once, at a moment in whole seconds.
_FROM_1 = """
INSERT INTO starts (number, list_id, agent_id, number_pool_id, name, started_at, ongoing_at)
SELECT number, list_id, agent_id, number_pool_id, name, moment, moment FROM (
    SELECT *, substr(started_at, 1, 19) || '.000000+00:00' AS moment FROM campaigns
)
"""


class UnusableError(Exception):
    """A database that opens but is not ours to use."""


def prepare(connection: Connection) -> None:
    """Creates what an empty file lacks, and brings an older one up to date.

    Raises UnusableError for a file of another program or of a newer version. Nobody else may
    write to the file meanwhile.
    """
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if (tables, owner, version) == (0, 0, 0):
        _create(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
    elif owner != _APPLICATION_ID:
        raise UnusableError("it belongs to another program")
    elif version > SCHEMA_VERSION:
        raise UnusableError(f"its schema version {version} is newer than {SCHEMA_VERSION}")
    elif version < SCHEMA_VERSION:
        _create(connection)
        connection.exec_driver_sql(_FROM_1)
        connection.exec_driver_sql("DROP TABLE campaigns")


def _create(connection: Connection) -> None:
    _metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
