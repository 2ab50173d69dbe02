"""What a database's failure means to a person: the one place where driver errors are translated."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ringg_runner.ledger.errors import DamagedError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.ledger.addresses import PostgresAddress, SqliteAddress

_LOCKED = ("was locked by others for too long", "find the run that hangs, or try again")
_DAMAGED = ("is damaged", "restore it from a backup, then compare it with the API's own list")
_FULL = ("cannot be written, as the disk is full", "free some space, then run again")
_READ_ONLY = ("is read-only", "make it writable for this user, or choose another place")
_LOST = ("lost the connection to its server", "run again; what was claimed is settled first")
_CLOSED = ("cannot be opened", "check the path and its permissions")
_UNREACHED = ("cannot be reached", "check host, port, user and password")
_FOREIGN = ("is not a ledger of ringg-runner", "point it to a schema of its own")
_OTHER = ("cannot be used", None)

_SQLITE: dict[int, tuple[str, str | None]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: ("is no SQLite database", "choose another path, or restore the file"),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "check the disk and its free space"),
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_CONSTRAINT: _DAMAGED,
}

# By SQLSTATE or its first characters; the longest that fits wins.
_POSTGRES: dict[str, tuple[str, str | None]] = {
    "08": _LOST,
    "22": ("refuses a value", None),
    "23": _DAMAGED,
    "25006": _READ_ONLY,
    "28": ("refuses the user or the password", "check user and password"),
    "3D000": ("does not exist on that server", "create the database first"),
    "3F000": ("selects a schema that does not exist", "create the schema first"),
    "40": _LOCKED,
    "42501": ("refuses this user", "grant it CREATE and USAGE on the schema"),
    "42": _FOREIGN,
    "53100": _FULL,
    "53": ("has no resources left on its server", "try again later"),
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "57P": _LOST,
    "XX": _DAMAGED,
}


@contextmanager
def translated(address: SqliteAddress | PostgresAddress) -> Iterator[None]:
    """Turn whatever the driver or the file system raises inside into a LedgerError."""
    try:
        yield
    except DamagedError as error:
        raise damaged(address, error) from error
    except PoolTimeoutError as error:
        raise _error(address, _LOCKED, "all connections are in use") from error
    except DBAPIError as error:
        raise _error(address, _meaning(error), _words(error)) from error
    except OSError as error:
        raise _error(address, _CLOSED, error.strerror or str(error)) from error


def damaged(address: SqliteAddress | PostgresAddress, found: DamagedError) -> LedgerError:
    """Return what it means to a person that something in the ledger cannot be read."""
    return _error(address, _DAMAGED, str(found))


def _error(
    address: SqliteAddress | PostgresAddress, meaning: tuple[str, str | None], words: str
) -> LedgerError:
    for secret in address.secrets:
        words = words.replace(secret, "***")
    sentence, hint = meaning
    return LedgerError(f"{address.label} {sentence}: {words}", hint)


def _meaning(error: DBAPIError) -> tuple[str, str | None]:
    if isinstance(error.orig, sqlite3.Error):
        # The lower byte is the kind, the rest its finer distinction.
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return _SQLITE.get(code & 0xFF, _OTHER)
    if error.connection_invalidated:
        return _LOST
    state = getattr(error.orig, "sqlstate", None) or ""
    if not state:
        return _UNREACHED
    fitting = [_POSTGRES[state[:size]] for size in (5, 3, 2) if state[:size] in _POSTGRES]
    return fitting[0] if fitting else _OTHER


def _words(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
