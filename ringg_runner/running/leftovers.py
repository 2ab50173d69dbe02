"""Settles what earlier runs left open and this run is not about: by one look, and never by sending.

What the look does not show to be started stays as it is, for a later run or for a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringg_runner.ledger.changes import Claiming, Remembering
from ringg_runner.ledger.records import Ending, State
from ringg_runner.runs import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringg_runner.api.server_list import Listing
    from ringg_runner.ledger.records import Entry, RunInfo
    from ringg_runner.ledger.store import Ledger


def settle_leftovers(
    ledger: Ledger, who: RunInfo, entries: Iterable[Entry], listing: Listing, now: datetime
) -> Iterator[Entry]:
    """Record as started what the listing shows to be, and yield each entry that this settles.

    Raises LedgerError where it cannot be recorded: nothing was sent for it, and nothing is lost.
    """
    for entry in entries:
        row = listing.rows.get(entry.key.list_id)
        left_open = entry.state is State.UNRESOLVED or entry.is_abandoned(now)
        if row is None or not left_open or not row.standing.started:
            continue
        reason = f"{entry.run} left it open; the server's list says {row.shown_word}"
        ending = Ending(State.STARTED, reason, str(Evidence.SERVER_LIST), LEFTOVER)
        claiming = Claiming(entry.key, who, entry.name, entry.request, now, now + _MOMENT)
        if ledger.write_one(Remembering(claiming, ending)):
            yield entry


LEFTOVER = {"leftover": True}
"""What marks the ending of such a list: it is none of the campaigns of the run that settled it."""

# The claim ends within its own transaction; a lease must only give some time.
_MOMENT = timedelta(seconds=10)
