"""How many requests are in flight at a time, and how fast one follows another.

It owns the slots of a run and what makes it slower: the rate that was asked for, and a server that
asks for less. Whether a request is sent at all is not its business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ringg_runner.running.surroundings import Interruption
    from ringg_runner.running.tally import Tally
    from ringg_runner.times import Clock


class Limiter(Protocol):
    """Whoever spaces requests out, such as aiolimiter's."""

    async def acquire(self) -> None:
        """Wait until one more may be sent."""
        ...


@dataclass(slots=True)
class Pace:
    """The pace of a whole run; a 429 slows all of it down, not the one list that it was told for.

    All requests wait until the time that the server asked for is over. Then half as many are in
    flight, and one more again whenever all of them went well: additive increase, multiplicative
    decrease, as TCP has it.
    """

    clock: Clock
    interruption: Interruption
    tally: Tally
    concurrency: int = 8
    limiter: Limiter | None = None
    _free: asyncio.Semaphore = field(init=False)
    _withheld: int = field(default=0, init=False)
    _to_withhold: int = field(default=0, init=False)
    _went_well: int = field(default=0, init=False)
    _resume_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Begin at full pace."""
        self._free = asyncio.Semaphore(self.concurrency)

    @property
    def allowed(self) -> int:
        """How many requests may be in flight now."""
        return self.concurrency - self._withheld - self._to_withhold

    async def enter(self) -> bool:
        """Wait for a slot, to be given back; False where the run is interrupted or given up."""
        if self.interruption.is_set():
            return False
        return await self.interruption.bear(self._free.acquire(), given_up=False)

    def leave(self) -> None:
        """Give a slot back."""
        if self._to_withhold:
            self._to_withhold -= 1
            self._withheld += 1
        else:
            self._free.release()

    async def turn(self) -> None:
        """Wait until a request may follow those before it, or until the run is interrupted."""
        waited_until = 0.0
        while waited_until < self._resume_at and not self.interruption.is_set():
            waited_until = self._resume_at
            pause = max(0.0, waited_until - self.clock.elapsed())
            await self.interruption.sleep(self.clock, pause)
        self.tally.paused_for = 0.0
        if self.limiter is not None:
            await self.interruption.unless_set(self.limiter.acquire())

    def slow_down(self, seconds: float) -> None:
        """Let nothing be sent for so long, and less at a time from then on."""
        now = self.clock.elapsed()
        if now >= self._resume_at:
            # Those who were in flight at the same time are told the same: that is one telling.
            self._to_withhold += self.allowed // 2
            self._went_well = 0
        self._resume_at = max(self._resume_at, now + seconds)
        self.tally.paused_for = self._resume_at - now

    def went_well(self) -> None:
        """Count an answer that does not ask for less."""
        self._went_well += 1
        if self._went_well < self.allowed:
            return
        self._went_well = 0
        if self._to_withhold:
            self._to_withhold -= 1
        elif self._withheld:
            self._withheld -= 1
            self._free.release()
