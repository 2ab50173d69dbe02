"""Guards: limits that stop an apply, and how each of them stands towards what would be started.

A guard is a setting of an environment. One pure function says what all of them let pass: for a
plan, for an apply before it begins, and for a run before each single send.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week as settings name them, in the order in which `weekday` counts them."""


class Guard(StrEnum):
    """What can stop an apply; all but the file HOLD are settings of an environment."""

    HOLD = "HOLD"
    WORKSPACE = "workspace"
    MAX_STARTS = "max_starts"
    MAX_CONTACTS = "max_contacts"
    START_HOURS = "start_hours"
    STOP_WHEN_BUSY = "stop_when_busy"


SETTINGS = tuple(guard for guard in Guard if guard is not Guard.HOLD)
"""The guards that are settings; only these can be overridden."""


@dataclass(frozen=True, slots=True)
class StartHours:
    """When starts are allowed, on the clocks of a time zone: from `opens` until before `closes`."""

    days: tuple[str, ...]
    opens: time
    closes: time
    timezone: str

    def __str__(self) -> str:
        """Return days, hours and zone as people write them."""
        hours = f"{self.opens:%H:%M} to {self.closes:%H:%M}"
        return f"{_in_words(self.days)}, {hours} in {self.timezone}"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; the project file was refused where there is none of this name."""
        # Few projects set hours, and everybody would wait for it.
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.timezone)

    def include(self, now: datetime) -> bool:
        """Tell whether a start is allowed at a moment."""
        local = now.astimezone(self.zone)
        return DAYS[local.weekday()] in self.days and self.opens <= local.time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """Return the first opening after a moment, on the zone's clocks."""
        today = now.astimezone(self.zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(len(DAYS) + 1))
        openings = (
            datetime.combine(day, self.opens, self.zone)
            for day in days
            if DAYS[day.weekday()] in self.days
        )
        return next(opening for opening in openings if opening > now)


def _in_words(days: tuple[str, ...]) -> str:
    """Return days in the week's order, many in a row by the first and the last."""
    numbers = sorted(map(DAYS.index, days))
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and last - first + 1 == len(numbers):
        return f"{DAYS[first]} to {DAYS[last]}"
    return ", ".join(DAYS[number] for number in numbers)


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards of an environment; what is not set lets everything pass.

    `places` says where each one that is set is written.
    """

    workspace: str | None = None
    max_starts: int | None = None
    max_contacts: int | None = None
    start_hours: StartHours | None = None
    stop_when_busy: bool = False
    places: Mapping[Guard, str] = field(default_factory=dict)

    @property
    def that_are_set(self) -> tuple[Guard, ...]:
        """The guards that may refuse something."""
        values = (getattr(self, guard) for guard in SETTINGS)
        return tuple(guard for guard, value in zip(SETTINGS, values, strict=True) if value)


@dataclass(frozen=True, slots=True)
class Hold:
    """A file HOLD that is there: why, as far as its text says, and where it is."""

    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What guards look at: the moment, and what would have been started after the next send.

    `people` are those whom the lists of these starts are known to call, `uncounted` the lists of
    which that is not known. `workspace` is the id of the workspace that the key belongs to, and
    `whose_key` says the same, or why it is not known, in words. `busy` is whether other calls are
    ongoing, None where somebody should have said so and did not; `seen_calls` says how it is known.
    """

    now: datetime
    starts: int = 0
    people: int = 0
    uncounted: int = 0
    workspace: str | None = None
    whose_key: str = "whose key it is was not asked"
    busy: bool | None = False
    seen_calls: str = "no other calls are known of"
    hold: Hold | None = None


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

    @property
    def told(self) -> str:
        """The figure, the limit, and where that is set."""
        return f"{self.figure}; allowed: {self.limit} ({self.place})"

    @property
    def remedy(self) -> str:
        """What to do where it refuses."""
        return _REMEDIES[self.guard]

    def __str__(self) -> str:
        """Return a refusal as one sentence."""
        return f"{self.guard}: {self.told}"


_FEWER = "start fewer at a time, or change the limit where it is reviewed"
_REMEDIES: Mapping[Guard, str] = {
    Guard.HOLD: "remove the file when campaigns may be started again",
    Guard.WORKSPACE: "use a key of that workspace; ringg-runner check says whose a key is",
    Guard.MAX_STARTS: _FEWER,
    Guard.MAX_CONTACTS: _FEWER,
    Guard.START_HOURS: "apply again when the hours are open",
    Guard.STOP_WHEN_BUSY: "apply again when the other calls are over",
}


def check(
    guards: Guards, found: Circumstances, overrides: Mapping[Guard, str] | None = None
) -> tuple[GuardCheck, ...]:
    """Return how each guard that is set stands; `overrides` has a person's reasons, by guard."""
    reasons = overrides or {}
    settings = (_verdict(guard, guards, found, reasons.get(guard)) for guard in guards.that_are_set)
    return (*_held(found.hold), *settings)


def _held(hold: Hold | None) -> Iterator[GuardCheck]:
    if hold is not None:
        limit = "no start while this file is there"
        yield GuardCheck(
            Guard.HOLD, passes=False, limit=limit, figure=hold.reason, place=hold.place
        )


def _verdict(guard: Guard, guards: Guards, found: Circumstances, reason: str | None) -> GuardCheck:
    passes, limit, figure = _RULES[guard](guards, found)
    return GuardCheck(guard, passes, limit, figure, guards.places.get(guard, guard), reason)


_Verdict: TypeAlias = "tuple[bool | None, str, str]"
"""Whether it passes, the limit, and the figure."""


def _workspace(guards: Guards, found: Circumstances) -> _Verdict:
    passes = None if found.workspace is None else found.workspace == guards.workspace
    return passes, f"only workspace {guards.workspace}", found.whose_key


def _max_starts(guards: Guards, found: Circumstances) -> _Verdict:
    assert guards.max_starts is not None
    limit = f"at most {_starts(guards.max_starts)}"
    return found.starts <= guards.max_starts, limit, _starts(found.starts)


def _starts(count: int) -> str:
    return f"{count:,} start{'' if count == 1 else 's'}"


def _max_contacts(guards: Guards, found: Circumstances) -> _Verdict:
    assert guards.max_contacts is not None
    passes: bool | None = found.people <= guards.max_contacts
    figure = f"{found.people:,} people"
    if found.uncounted:
        lists = "1 list" if found.uncounted == 1 else f"{found.uncounted:,} lists"
        figure = f"{figure}, and how many {lists} would add is not known"
        passes = None if passes else False
    return passes, f"at most {guards.max_contacts:,} people", figure


def _start_hours(guards: Guards, found: Circumstances) -> _Verdict:
    hours = guards.start_hours
    assert hours is not None
    if hours.include(found.now):
        return True, str(hours), "open now"
    return False, str(hours), f"closed until {hours.next_opening(found.now):%a %Y-%m-%d %H:%M}"


def _stop_when_busy(_: Guards, found: Circumstances) -> _Verdict:
    passes = None if found.busy is None else not found.busy
    return passes, "no start beside other calls", found.seen_calls


_RULES: Mapping[Guard, Callable[[Guards, Circumstances], _Verdict]] = {
    Guard.WORKSPACE: _workspace,
    Guard.MAX_STARTS: _max_starts,
    Guard.MAX_CONTACTS: _max_contacts,
    Guard.START_HOURS: _start_hours,
    Guard.STOP_WHEN_BUSY: _stop_when_busy,
}
