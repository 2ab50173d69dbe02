"""The errors of a ledger: each names the file or the server, never a password, and the way out."""

from __future__ import annotations

from ringg_runner.errors import RunnerError


class LedgerError(RunnerError):
    """The ledger cannot be opened, read or written, or refuses what was asked of it."""


class NoLedgerError(LedgerError):
    """There is no ledger yet, and it was not to be created."""


class DamagedError(Exception):
    """A stored row that is not what it should be; becomes a `LedgerError`, or a finding."""
