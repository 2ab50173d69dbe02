"""What can be written to a ledger: the rules of claims, each change as a value.

A change is made with somebody's pen, so that many of them share one transaction. It looks at its
entry before it writes anything. Knows no clock and no API: leases are compared with the moments
that callers pass in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Claim, Ending, Event, State, Taken
from ringg_runner.ledger.replay import NOTES, claim_detail, ending_detail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringg_runner.ledger.pen import Pen
    from ringg_runner.ledger.records import Entry, Key, RunInfo

PERSON = "person"
"""The evidence of what a person settled."""

_ENDINGS = frozenset({State.STARTED, State.NOT_STARTED, State.UNRESOLVED})
_SETTLEMENTS = frozenset({State.STARTED, State.NOT_STARTED})

_Made_co = TypeVar("_Made_co", covariant=True)


class Change(Protocol[_Made_co]):
    """Something to write about one list."""

    @property
    def key(self) -> Key:
        """Which list it is about."""
        ...

    def make(self, pen: Pen) -> _Made_co:
        """Write it, and return what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Claiming:
    """Claims a list for a run until the lease ends, or says who has it.

    Only a list that is unknown or did not start is free. One that is unresolved, or whose claim was
    abandoned, is taken over, and the claim then tells what is `inherited`. One that was started or
    has a living claim, be it this run's own, is taken. The trail keeps the `terms` of a claim, such
    as the guards that a person overrode for it.

    Raises ValueError for a lease that has ended already.
    """

    key: Key
    run: RunInfo
    name: str
    request: Mapping[str, Any]
    now: datetime
    lease_until: datetime
    terms: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a lease that gives no time."""
        if self.lease_until <= self.now:
            raise ValueError("a lease ends after it begins")

    def make(self, pen: Pen) -> Claim | Taken:
        """Claim the list."""
        old = pen.entry(self.key)
        if old is not None and _is_taken(old, self.now):
            return Taken(old)
        inherited = None if old is None or old.state is State.NOT_STARTED else old
        event = Event.CLAIMED if inherited is None else Event.TAKEN_OVER
        detail = claim_detail(
            name=self.name,
            request=self.request,
            lease_until=self.lease_until,
            inherited=inherited,
            terms=self.terms,
        )
        entry = pen.change(old, pen.append(self.key, self.run, event, detail, self.now))
        return Claim(entry, inherited)


@dataclass(frozen=True, slots=True)
class Noting:
    """Appends an attempt or a look to the trail; raises ValueError for any other event."""

    key: Key
    run: RunInfo
    event: Event
    detail: Mapping[str, Any]
    now: datetime

    def __post_init__(self) -> None:
        """Refuse an event that changes something."""
        if self.event not in NOTES:
            raise ValueError(f"{self.event} is not for notes")

    def make(self, pen: Pen) -> None:
        """Append the note."""
        pen.append(self.key, self.run, self.event, self.detail, self.now)


@dataclass(frozen=True, slots=True)
class Finishing:
    """Records what became of a claim, and tells whether the claim was still the run's.

    It is as long as nobody took it over, also when its lease has ended. Otherwise the entry stays
    as it is, and the trail alone keeps what this run saw. `notes` are what the trail has yet to
    hold of the way there.

    Raises ValueError for an ending that ends nothing.
    """

    key: Key
    run: RunInfo
    ending: Ending
    now: datetime
    notes: tuple[Noting, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an ending that leaves the claim as it is."""
        if self.ending.state not in _ENDINGS:
            raise ValueError(f"a claim cannot end as {self.ending.state}")

    def make(self, pen: Pen) -> bool:
        """Record the ending."""
        old = pen.entry(self.key)
        held = old is not None and (old.state, old.run.run_id) == (State.CLAIMED, self.run.run_id)
        for note in self.notes:
            note.make(pen)
        event, detail = Event(self.ending.state.value), ending_detail(self.ending, held=held)
        row = pen.append(self.key, self.run, event, detail, self.now)
        if held:
            pen.change(old, row)
        return held


@dataclass(frozen=True, slots=True)
class Remembering:
    """Records a list as started that somebody else started, unless it has a living claim.

    Returns whether it was for us to record. Raises ValueError as its two parts do.
    """

    claiming: Claiming
    ending: Ending

    @property
    def key(self) -> Key:
        """Which list it is about."""
        return self.claiming.key

    def make(self, pen: Pen) -> bool:
        """Claim the list, and end the claim at once."""
        claim = self.claiming
        claimed = claim.make(pen)
        if isinstance(claimed, Taken):
            return False
        return Finishing(claim.key, claim.run, self.ending, claim.now).make(pen)


@dataclass(frozen=True, slots=True)
class Resolving:
    """Settles, as a person, what is unresolved or abandoned, and returns how it stands now.

    Raises ValueError for a state that settles nothing.
    """

    key: Key
    run: RunInfo
    state: State
    reason: str
    now: datetime

    def __post_init__(self) -> None:
        """Refuse a state that leaves it open."""
        if self.state not in _SETTLEMENTS:
            raise ValueError(f"{self.state} settles nothing")

    def make(self, pen: Pen) -> Entry:
        """Settle it; raises LedgerError for what is unknown, settled or has a living claim."""
        old = pen.entry(self.key)
        _refuse_settled(self.key, old, self.now)
        detail = ending_detail(Ending(self.state, self.reason, PERSON), held=True)
        return pen.change(old, pen.append(self.key, self.run, Event.RESOLVED, detail, self.now))


def _is_taken(entry: Entry, now: datetime) -> bool:
    alive = entry.state is State.CLAIMED and not entry.is_abandoned(now)
    return alive or entry.state is State.STARTED


def _refuse_settled(key: Key, entry: Entry | None, now: datetime) -> None:
    if entry is None:
        raise LedgerError(
            f"the ledger knows nothing of list {key.list_id} at {key.base_url}",
            "check the id and the environment",
        )
    if entry.state in _SETTLEMENTS:
        settled = entry.state.value.replace("_", " ")
        raise LedgerError(f"list {key.list_id} is settled already: {settled}, {entry.reason}")
    if _is_taken(entry, now):
        raise LedgerError(
            f"list {key.list_id} is {entry.reason}",
            "wait until that run ends, or until its claim runs out",
        )
