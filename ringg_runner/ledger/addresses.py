"""Where a ledger is: from the text a person writes to what a driver is given.

Owns which addresses are allowed and how messages name them; opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ringg_runner.ledger.errors import LedgerError

_HINT = "give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}

# A server that went silent must end in an error while the person still waits for it.
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "30", "tcp_user_timeout": "30000"}


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file."""

    path: Path

    @property
    def label(self) -> str:
        """How messages name the ledger."""
        return f"the ledger {self.path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show."""
        return ()


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database on a server; the URL may hold a password and selects the schema."""

    url: URL

    @property
    def label(self) -> str:
        """How messages name the ledger."""
        host = self.url.host or _text(self.url.query.get("host")) or "the default host"
        port = f":{self.url.port}" if self.url.port else ""
        return f"the ledger {self.url.database or 'of the default database'} on {host}{port}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show."""
        asked = (self.url.password, _text(self.url.query.get("password")))
        return tuple(text for text in asked if text)


def parse_address(text: str | Path) -> SqliteAddress | PostgresAddress:
    """Return where a ledger is; raises LedgerError for what can hold none.

    The error never repeats the text, which may hold a password.
    """
    if isinstance(text, Path) or "://" not in text:
        return _sqlite(str(text))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise LedgerError("the address of the ledger is no URL", _HINT) from error
    if url.drivername in _POSTGRES:
        query = {**_PATIENCE, **url.query}
        return PostgresAddress(url.set(drivername="postgresql+psycopg", query=query))
    if url.drivername != "sqlite":
        raise LedgerError(f"a ledger cannot be kept in {url.drivername}", _HINT)
    if url.host or url.query:
        raise LedgerError("a SQLite address has neither a host nor parameters", _HINT)
    return _sqlite(url.database or "")


def _sqlite(path: str) -> SqliteAddress:
    if not path or path == ":memory:":
        raise LedgerError("a ledger must be kept in a file, since memory forgets", _HINT)
    return SqliteAddress(Path(path))


def _text(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value
