"""What every start of a run shares: the network, the ledger, the clock, and when to stop.

It owns interruptions and their politeness: the first lets what is under way end, the second gives
it up. It decides nothing about a campaign.
"""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ringg_runner.running.retries import RetryPolicy
from ringg_runner.running.witness import Nobody, Witness
from ringg_runner.runs import Outcome, Stop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from ringg_runner.api.answers import Reply
    from ringg_runner.campaigns import StartRequest
    from ringg_runner.guards import GuardCheck
    from ringg_runner.running.claims import Claims
    from ringg_runner.running.guarding import Watch
    from ringg_runner.running.lookout import Lookout
    from ringg_runner.running.pace import Pace
    from ringg_runner.running.tally import Tally
    from ringg_runner.times import Clock

_Value = TypeVar("_Value")
_Other = TypeVar("_Other")


class Starter(Protocol):
    """Whoever can send a start request."""

    async def start(self, request: StartRequest) -> Reply:
        """Send one start request, once."""
        ...


@dataclass(slots=True)
class Interruption:
    """Set from a signal handler: what is under way then ends, and nothing new begins.

    `given_up` where not even what is under way is waited for.
    """

    stop: Stop | None = None
    given_up: bool = False
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)
    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, stop: Stop) -> None:
        """Interrupt the run, for this reason; the first one stands."""
        self.stop = self.stop or stop
        self._event.set()

    def is_set(self) -> bool:
        """Tell whether the run was interrupted."""
        return self.stop is not None

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep, unless the run is interrupted before or meanwhile."""
        if not self.is_set():
            await self.unless_set(clock.sleep(seconds))

    async def unless_set(self, waiting: Coroutine[None, None, None]) -> None:
        """Wait for something, or until the run is interrupted; it is then waited for no more."""
        work = asyncio.ensure_future(waiting)
        waking = asyncio.ensure_future(self._event.wait())
        await self.bear(asyncio.wait((work, waking), return_when=FIRST_COMPLETED), None)
        work.cancel()
        waking.cancel()

    async def bear(self, work: Awaitable[_Value], given_up: _Other) -> _Value | _Other:
        """Wait for some work; where we are cancelled meanwhile, be interrupted and go on."""
        try:
            return await work
        except asyncio.CancelledError:
            self.give_up()
            return given_up

    def give_up(self) -> None:
        """Interrupt the run, and wait for nothing that is under way."""
        self.set(Stop.INTERRUPTED)
        if not self.given_up:
            self.given_up = True
            for task in self.under_way:
                task.cancel()


@dataclass(slots=True)
class Brake:
    """Stops the starts that have not begun; those under way go on to their end.

    `refusal` is the guard that stopped them, where one did.
    """

    stop: Stop | None = None
    refusal: GuardCheck | None = None

    def pull(self, stop: Stop) -> None:
        """Start nothing more, for this reason; the first one stands."""
        self.stop = self.stop or stop

    def refuse(self, refusal: GuardCheck) -> None:
        """Start nothing more, since a guard refuses."""
        self.pull(Stop.GUARD)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a run asks; seconds throughout.

    `resend_unconfirmed` trusts the server's guard against a second start instead of looking.
    """

    settle: float = 60.0
    resend_unconfirmed: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every start of a run shares; without a lookout the server's list is not read.

    `admitted` bounds the starts that are claimed, or being claimed, and not answered yet: more than
    there are slots, so that a free slot never waits for the ledger.
    """

    client: Starter
    claims: Claims
    lookout: Lookout | None
    clock: Clock
    patience: Patience
    interruption: Interruption
    brake: Brake
    pace: Pace
    admitted: asyncio.Semaphore
    tally: Tally
    watch: Watch
    witness: Witness = field(default_factory=Nobody)

    @property
    def stop(self) -> Stop | None:
        """Why nothing more is to be sent, if so."""
        return self.brake.stop or self.interruption.stop

    @property
    def unsent(self) -> tuple[Outcome, str]:
        """What becomes of a start that is stopped before anything was sent, and why."""
        if self.brake.refusal is not None:
            return Outcome.HELD, str(self.brake.refusal)
        return Outcome.CANCELLED, str(self.stop or Stop.INTERRUPTED)
