"""The durable record of starts: each list of each API is claimed here before it is started.

`open_ledger` opens a SQLite file or a PostgreSQL schema; everything else are values. The database
is loaded when the first of its names is used, so that the values alone stay cheap to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ringg_runner.ledger.errors import LedgerError, NoLedgerError
from ringg_runner.ledger.records import (
    Claim,
    Ending,
    Entry,
    Event,
    Key,
    RunInfo,
    State,
    Taken,
    TrailRow,
)

if TYPE_CHECKING:
    from ringg_runner.ledger.store import Ledger, open_ledger
    from ringg_runner.ledger.verification import Broken

__all__ = [
    "Broken",
    "Claim",
    "Ending",
    "Entry",
    "Event",
    "Key",
    "Ledger",
    "LedgerError",
    "NoLedgerError",
    "RunInfo",
    "State",
    "Taken",
    "TrailRow",
    "open_ledger",
]

_LATE = {"Broken": "verification", "Ledger": "store", "open_ledger": "store"}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(name)
    return getattr(import_module(f"ringg_runner.ledger.{_LATE[name]}"), name)
