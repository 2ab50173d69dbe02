"""Guards: limits that stop an apply, and how each of them stands towards a plan.

A guard is a setting of an environment. What it lets pass is decided here, in pure functions of the
plan's numbers and the moment; a run asks again before each send.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Guard(StrEnum):
    """What can stop an apply; all but the file HOLD are settings of an environment."""

    HOLD = "HOLD"
    WORKSPACE = "workspace"
    MAX_STARTS = "max_starts"
    MAX_CONTACTS = "max_contacts"
    START_HOURS = "start_hours"
    STOP_WHEN_BUSY = "stop_when_busy"


@dataclass(frozen=True, slots=True)
class GuardCheck:
    """How a guard stands towards the starts of a plan, in words for people.

    `passes` is None where that is not known here: an apply finds out, and refuses where it cannot.
    `limit` is what the guard allows, `figure` what was found, and `place` where the limit is set.
    `overridden` is the reason that a person gave for going on all the same.
    """

    guard: Guard
    passes: bool | None
    limit: str
    figure: str
    place: str
    overridden: str | None = None

    @property
    def refuses(self) -> bool:
        """Whether it stops an apply: what is not known does, too, unless it is overridden."""
        return self.passes is not True and self.overridden is None

    def __str__(self) -> str:
        """Return the refusal as a sentence: the limit, the figure, the setting and its place."""
        return f"{self.guard}: {self.figure}, and {self.limit} ({self.place})"
