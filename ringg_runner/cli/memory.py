"""Opens the ledger of an environment for a command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ringg_runner.authoring.environments import ledger_place
from ringg_runner.cli.output import say
from ringg_runner.errors import FindingsError
from ringg_runner.ledger.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.records import Entry
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.prepared import Prepared


def open_for(project: Project, environment: Environment, *, create: bool) -> Ledger:
    """Open the ledger of an environment; raises LedgerError or FindingsError where it cannot."""
    from ringg_runner.ledger.store import open_ledger

    place = ledger_place(project, environment, os.environ)
    return open_ledger(place, create=create)


def is_there(prepared: Prepared) -> bool:
    """Tell whether there is a memory to open: a server has one, a file has to exist."""
    path = _file_of(ledger_place(prepared.project, prepared.environment, os.environ))
    try:
        return path is None or path.exists()
    except OSError:
        # Whoever opens it is told why that fails.
        return True


def remembers(prepared: Prepared, ledger: Ledger) -> bool:
    """Tell whether a ledger can have kept what was started before.

    One on a server can. A file without an entry may be as new as the machine it is on.
    """
    place = ledger_place(prepared.project, prepared.environment, os.environ)
    return _file_of(place) is None or bool(ledger.entries())


def known_for_a_plan(prepared: Prepared) -> Mapping[ListId, Entry] | None:
    """Return what the ledger holds, or None where it cannot be read from here.

    A plan is made where reviews are, which may have no way to the ledger: that is said, and stops
    nothing.
    """
    try:
        if not is_there(prepared):
            return None
        with open_for(prepared.project, prepared.environment, create=False) as ledger:
            return ledger.known(prepared.environment.base_url)
    except (LedgerError, FindingsError) as failure:
        say(f"the ledger is not read: {_reason(failure)}", "warning")
        return None


def _reason(failure: LedgerError | FindingsError) -> str:
    if isinstance(failure, FindingsError):
        return "; ".join(finding.message for finding in failure.findings)
    return str(failure)


def _file_of(place: str | Path) -> Path | None:
    """Return the file that a ledger is kept in; None for a server."""
    if isinstance(place, Path):
        return place
    # A plan with a ledger in the default place loads no database.
    from ringg_runner.ledger.addresses import SqliteAddress, parse_address

    address = parse_address(place)
    return address.path if isinstance(address, SqliteAddress) else None
