"""A PostgreSQL ledger as docs/ci sets it up: one user may write, the other only look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from ci_world import ROOT
from ledger_places import server_url
from sqlalchemy import make_url

PAGE = ROOT / "docs" / "ci" / "README.md"


@dataclass(frozen=True)
class SharedLedger:
    """The addresses of one ledger."""

    writer: str
    reader: str


@contextmanager
def a_shared_ledger(request: pytest.FixtureRequest) -> Iterator[SharedLedger]:
    """A ledger that does not exist yet, in a schema and with users of its own."""
    server, schema = server_url(request.config), f"ringg_{uuid4().hex}"
    (shown,) = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    statements = re.sub(r"\bringg(?=\b|_writer|_reader)", schema, shown).split(";\n")
    users = [f"{schema}_{who}" for who in ("writer", "reader")]
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in filter(None, statements):
            connection.execute(statement.encode())
        url = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
        addresses = (url.set(username=user) for user in users)
        yield SharedLedger(*(each.render_as_string(hide_password=False) for each in addresses))
        for user in users:
            connection.execute(f"DROP OWNED BY {user} CASCADE".encode())
            connection.execute(f"DROP ROLE {user}".encode())
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
