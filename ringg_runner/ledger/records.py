"""What the ledger knows of a list, as values; how it is kept is the store's business.

One list at one API is one key. An entry says how things stand, and the trail says how they came to
stand so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringg_runner.campaigns import ListId


class State(StrEnum):
    """How a list stands; a claim whose lease ran out is abandoned: no better than unresolved."""

    CLAIMED = "claimed"
    STARTED = "started"
    NOT_STARTED = "not_started"
    UNRESOLVED = "unresolved"


class Event(StrEnum):
    """What a row of the trail tells."""

    CLAIMED = "claimed"
    TAKEN_OVER = "taken_over"
    ATTEMPT = "attempt"
    LOOK = "look"
    STARTED = "started"
    NOT_STARTED = "not_started"
    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"


CLAIMS = frozenset({Event.CLAIMED, Event.TAKEN_OVER})
"""The events that make a list a run's."""


@dataclass(frozen=True, slots=True)
class Key:
    """One list at one API; equal keys are never started twice."""

    base_url: str
    list_id: ListId


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Who runs: everything that helps a person to find the run again."""

    run_id: str
    host: str
    user: str
    version: str
    commit: str | None = None
    job_url: str | None = None

    def __str__(self) -> str:
        """Return the run as a reason names it."""
        where = self.job_url or f"{self.user}@{self.host}"
        return f"run {self.run_id} ({where})"


@dataclass(frozen=True, slots=True)
class Entry:
    """How a list stands, and since which run.

    `request` is the body that was, or may have been, sent, with private values as digests;
    `evidence` is how a start is known; `lease_until` matters only while it is claimed.
    """

    key: Key
    state: State
    name: str
    run: RunInfo
    request: Mapping[str, Any]
    evidence: str | None
    reason: str
    changed_at: datetime
    lease_until: datetime | None = None

    def is_abandoned(self, now: datetime) -> bool:
        """Tell whether this is a claim whose run no longer renews it."""
        expired = self.lease_until is None or self.lease_until <= now
        return self.state is State.CLAIMED and expired


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One thing that happened, bound to everything before it by a hash."""

    number: int
    at: datetime
    key: Key
    event: Event
    run: RunInfo
    detail: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A list that is ours to send, or to settle first.

    `inherited` is the entry of an earlier run that left it unresolved or abandoned: then a request
    may already have gone out, and nothing may be sent before that is settled.
    """

    entry: Entry
    inherited: Entry | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that is not ours: it was started, or another live run has claimed it."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a claim: its new state, how that is known, and why."""

    state: State
    reason: str
    evidence: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
