"""What the server's own list tells of a start whose answer was lost.

Pure rules over looks. Absence proves nothing, one look may lag behind, and a word that is not known
tells nothing; what cannot be told stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Listing, Standing, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringg_runner.campaigns import ListId

LOOKS = (1 / 30, 1 / 10, 1 / 4, 1 / 2, 3 / 4, 1)
"""When the list is looked at within the settle window, as parts of it: early, and at its end."""

ENOUGH = 3
"""How many looks it takes to say that something did not start."""


class Settled(StrEnum):
    """What became of a request whose answer told nothing."""

    STARTED = "started"
    NOT_STARTED = "not started"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the server's list showed of a list: None where it was absent or unread.

    `hopeless` where no further look will show more.
    """

    standing: Standing | None
    shown: str
    hopeless: bool = False


def look_for(view: View, list_id: ListId) -> Look:
    """Return what a view shows of a list."""
    if not isinstance(view, Listing):
        return Look(None, f"unreadable ({view.reason})", hopeless=view.lasting)
    row = view.rows.get(list_id)
    return Look(row.standing, row.shown_word) if row else Look(None, "absent")


def settle(looks: Sequence[Look]) -> Settled:
    """Return what these looks tell, once no further one will come.

    A single look that shows it started is enough. That it did not start takes as many as `ENOUGH`,
    the first and the last and all between them.
    """
    if any(look.standing is not None and look.standing.started for look in looks):
        return Settled.STARTED
    if len(looks) >= ENOUGH and all(look.standing is Standing.NOT_STARTED for look in looks):
        return Settled.NOT_STARTED
    return Settled.OPEN
