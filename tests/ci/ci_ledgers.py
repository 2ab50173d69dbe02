"""A PostgreSQL ledger as a team shares it: one user may write, the other only look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from ledger_places import a_schema, server_url
from sqlalchemy import make_url


@dataclass(frozen=True)
class SharedLedger:
    """The addresses of one ledger."""

    writer: str
    reader: str


@contextmanager
def a_shared_ledger(request: pytest.FixtureRequest) -> Iterator[SharedLedger]:
    """A ledger that does not exist yet, in a schema of its own, with the users of docs/ci."""
    server = server_url(request.config)
    schema = make_url(a_schema(server)).query["options"]
    assert isinstance(schema, str)
    name = schema.removeprefix("-csearch_path=")
    writer, reader = (f"{who}_{uuid4().hex}" for who in ("writer", "reader"))
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in (
            f"CREATE ROLE {writer} LOGIN",
            f"CREATE ROLE {reader} LOGIN",
            f"GRANT USAGE, CREATE ON SCHEMA {name} TO {writer}",
            f"GRANT USAGE ON SCHEMA {name} TO {reader}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {name}"
            f" GRANT SELECT ON TABLES TO {reader}",
        ):
            connection.execute(statement.encode())
        url = make_url(server).update_query_dict({"options": schema})
        addresses = (url.set(username=user) for user in (writer, reader))
        yield SharedLedger(*(each.render_as_string(hide_password=False) for each in addresses))
        for user in (writer, reader):
            connection.execute(f"DROP OWNED BY {user} CASCADE".encode())
            connection.execute(f"DROP ROLE {user}".encode())
