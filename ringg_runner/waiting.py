"""Waiting for campaigns to end: what one look after another at the server's list tells of it.

Pure rules. A campaign is over once the list shows a word that ends it. Absence, a list that cannot
be read, and words that are not known end nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Listing, Standing, Unreadable
from ringg_runner.campaigns import in_order
from ringg_runner.errors import ExitCode, gravest
from ringg_runner.ledger.records import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringg_runner.api.server_list import Row, View
    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.ledger.records import Entry

FIRST_PAUSE = 30.0
"""How many seconds lie between two looks, as long as each shows something new."""

SLOWER = 1.5
"""How much longer each pause is than the one before, while nothing changes."""

LONGEST = 10
"""How many times as long as the first a pause becomes at the most."""


class Fate(StrEnum):
    """What is known of a campaign that is waited for."""

    COMPLETED = "completed"
    ENDED = "ended"
    LIVE = "live"
    UNKNOWN = "unknown"

    @property
    def over(self) -> bool:
        """Whether it has come to its end, whichever."""
        return self in (Fate.COMPLETED, Fate.ENDED)


_FATES = {
    Standing.COMPLETED: Fate.COMPLETED,
    Standing.ENDED: Fate.ENDED,
    Standing.LIVE: Fate.LIVE,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A campaign as it was last seen in the list; `since` is when it was first seen so.

    Where it was not there, `row` is None; where nobody has looked yet, `since` is too. One that is
    not `awaited` holds nothing up, until it is seen calling people.
    """

    campaign: Campaign
    awaited: bool = True
    row: Row | None = None
    since: datetime | None = None

    @property
    def fate(self) -> Fate:
        """What is known of it."""
        return _FATES.get(self.row.standing, Fate.UNKNOWN) if self.row else Fate.UNKNOWN

    @property
    def over(self) -> bool | None:
        """Whether it is known to be over; None where it is not waited for."""
        return self.fate.over if self.awaited else None

    @property
    def shown(self) -> str:
        """How the list has it, for people."""
        if self.row:
            return self.row.shown_word
        return "-" if self.since is None else "absent"

    def after(self, listing: Listing, now: datetime) -> Seen:
        """Return the campaign as a look shows it; an end stays one, unless it is calling again."""
        row = listing.rows.get(self.campaign.list_id)
        if row is None and not listing.whole:
            return self
        seen = replace(self, row=row, since=now)
        if seen.fate is Fate.LIVE:
            seen = replace(seen, awaited=True)
        elif self.fate.over and not seen.fate.over:
            return self
        return replace(seen, since=self.since) if self.since and seen.shown == self.shown else seen


@dataclass(frozen=True, slots=True)
class Waiting:
    """How far the waiting has come: the campaigns, and for how many seconds not to look again.

    `read` where the list was read at least once, `unreadable` where it was not at the last look,
    and `broke` where it was at the one before. `changed` are those that are waited for and that the
    last look shows otherwise.
    """

    campaigns: tuple[Seen, ...]
    first_pause: float = FIRST_PAUSE
    pause: float = 0.0
    read: bool = False
    unreadable: Unreadable | None = None
    broke: bool = False
    changed: tuple[Seen, ...] = ()

    @property
    def awaited(self) -> tuple[Seen, ...]:
        """The campaigns that are waited for."""
        return tuple(seen for seen in self.campaigns if seen.awaited)

    @property
    def listing(self) -> Listing:
        """What is known of the list: each campaign as it was last seen there."""
        return Listing({seen.campaign.list_id: seen.row for seen in self.campaigns if seen.row})

    @property
    def counts(self) -> dict[Fate, int]:
        """How many of them have each fate."""
        fates = Counter(seen.fate for seen in self.awaited)
        return {fate: fates[fate] for fate in Fate}

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        read = self.read or not self.campaigns
        return read and all(seen.fate.over for seen in self.awaited)

    @property
    def hopeless(self) -> bool:
        """Whether the list was never read, and asking again will not help."""
        return not self.read and self.unreadable is not None and self.unreadable.lasting

    def after(self, view: View, now: datetime) -> Waiting:
        """Return the waiting after one more look."""
        if isinstance(view, Unreadable):
            broke = self.unreadable is None
            pause = self._longer_pause
            return replace(self, unreadable=view, broke=broke, changed=(), pause=pause)
        seen = tuple(before.after(view, now) for before in self.campaigns)
        changed = tuple(
            after
            for before, after in zip(self.campaigns, seen, strict=True)
            if after.awaited and _differs(before, after)
        )
        pause = self.first_pause if changed else self._longer_pause
        return Waiting(seen, self.first_pause, pause, read=True, changed=changed)

    @property
    def _longer_pause(self) -> float:
        longer = max(self.first_pause, self.pause * SLOWER)
        return min(longer, self.first_pause * LONGEST)


def _differs(before: Seen, after: Seen) -> bool:
    people = [seen.row and seen.row.people for seen in (before, after)]
    return before.shown != after.shown or people[0] != people[1]


class End(StrEnum):
    """Why the waiting ended."""

    OVER = "over"
    LIMIT = "limit"
    UNREADABLE = "unreadable"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"


_CODES = {End.INTERRUPTED: ExitCode.INTERRUPTED, End.TERMINATED: ExitCode.TERMINATED}


@dataclass(frozen=True, slots=True)
class Waited:
    """What the waiting came to, after so many seconds of the `limit` that it had."""

    waiting: Waiting
    end: End
    seconds: float
    limit: float

    @property
    def exit_code(self) -> ExitCode:
        """What the process tells its caller, as far as it is about the ends."""
        ended = ExitCode.FAILED if self.waiting.counts[Fate.ENDED] else ExitCode.OK
        not_over = ExitCode.OK if self.waiting.over else ExitCode.NOT_OVER
        return gravest(ended, not_over, _CODES.get(self.end, ExitCode.OK))


def of_a_selection(
    campaigns: Iterable[Campaign], known: Mapping[ListId, Entry] | None
) -> tuple[Seen, ...]:
    """Return what is to be waited for of some campaigns: what started or may have, by the ledger.

    Another is waited for once it is seen calling people.
    """
    entries = known or {}
    return tuple(
        Seen(campaign, awaited=_may_have_started(entries.get(campaign.list_id)))
        for campaign in in_order(campaigns)
    )


def _may_have_started(entry: Entry | None) -> bool:
    return entry is not None and entry.state is not State.NOT_STARTED
