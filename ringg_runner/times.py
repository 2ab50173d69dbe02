"""Moments: how they are read, written and taken from the clock.

All moments inside the program are aware datetimes in UTC; durations are seconds.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

_ZONELESS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"

ZONELESS = re.compile(_ZONELESS)
"""A date with its time and no zone: it names another moment in every zone."""

MOMENT = re.compile(_ZONELESS + r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
"""RFC 3339 with its zone; the seconds may be left out."""


@lru_cache(maxsize=1_024)
def parse_moment(text: str) -> datetime | None:
    """Return the moment that an RFC 3339 text names, in UTC; None where it names none."""
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_moment(moment: datetime) -> str:
    """Return a moment as UTC, ISO 8601, in whole seconds: `2026-12-01T09:00:00Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def format_instant(moment: datetime) -> str:
    """Return a moment as `format_moment` does, to the millisecond: `2026-12-01T09:00:00.250Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


class Clock(Protocol):
    """Time, as an effect that is passed in."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        ...

    def elapsed(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let others work for so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return the monotonic clock's seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        import asyncio

        await asyncio.sleep(seconds)
