"""The ledger as a run sees it: claims that are durable before a byte leaves, under a lease.

It moves the ledger's transactions off the event loop, lets all who wait share the next one, and
renews the lease while the run lives. What a claim means for a campaign is the executor's to say.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ringg_runner.ledger.changes import Claiming, Finishing, Noting, Remembering
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Claim, Ending, Event, Key, State
from ringg_runner.runs import Outcome
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.ledger.changes import Change
    from ringg_runner.ledger.records import RunInfo, Taken
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.planner import PlannedStart
    from ringg_runner.running.settling import Look
    from ringg_runner.runs import Attempt
    from ringg_runner.times import Clock

LEASE = 120.0
"""How many seconds a claim outlives the last sign of life of its run."""

GATHERING = 0.01
"""For how many seconds an apply gathers what it writes: no start waits that long for its slot."""

MARGIN = 1 / 4
"""With less than this part of the lease left no request is sent: it has to leave before the end."""

LONGEST_SEND = 30.0
"""Connecting and writing a request is over by then, however long its answer may take."""

_Value = TypeVar("_Value")


def shortest_lease(answer_limit: float) -> float:
    """Return the shortest lease under which a request has left before the lease ends."""
    return min(answer_limit, LONGEST_SEND) / MARGIN


def key_of(campaign: Campaign) -> Key:
    """Return what the ledger knows a campaign's start by."""
    return Key(campaign.request.base_url, campaign.list_id)


@dataclass(slots=True)
class Claims:
    """The claims of one run.

    `gathering` is for how many seconds a transaction waits for more to write: what one costs, it
    costs for many alike. `terms` is what the trail keeps of every claim: what it was allowed by.
    """

    ledger: Ledger
    run: RunInfo
    clock: Clock
    lease: float = LEASE
    gathering: float = 0.0
    terms: Mapping[str, Any] = field(default_factory=dict)
    _until: dict[ListId, datetime] = field(default_factory=dict, init=False)
    _over: bool = field(default=False, init=False)
    _waiting: list[tuple[Change[Any], asyncio.Future[Any]]] = field(
        default_factory=list, init=False
    )
    _writer: asyncio.Task[None] | None = field(default=None, init=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, 1, "ledger"), init=False
    )

    async def claim(self, campaign: Campaign) -> Claim | Taken:
        """Claim a campaign's list, durably; raises LedgerError where that cannot be done."""
        # What was found started is remembered without them: no plan was used up for it.
        claiming = replace(self._claiming(campaign), terms=self.terms)
        claimed = await self._write(claiming)
        if isinstance(claimed, Claim):
            self._until[campaign.list_id] = claiming.lease_until
        return claimed

    def may_send(self, list_id: ListId) -> bool:
        """Tell whether enough of the lease is left to send a request under it."""
        margin = timedelta(seconds=self.lease * MARGIN)
        return self.clock.now() + margin <= self._until[list_id]

    async def attempted(self, campaign: Campaign, attempt: Attempt) -> None:
        """Add an attempt to the trail."""
        await self._write(self._of_attempt(campaign, attempt))

    async def looked(self, campaign: Campaign, look: Look) -> None:
        """Add a look at the server's list to the trail."""
        shown = {"shown": look.shown}
        await self._write(
            Noting(key_of(campaign), self.run, Event.LOOK, shown, self.clock.now()),
        )

    async def finish(
        self, campaign: Campaign, ending: Ending, attempts: Sequence[Attempt] = ()
    ) -> bool:
        """End a claim, durably; False where another run took it over meanwhile.

        `attempts` are those that are not in the trail yet.
        """
        notes = tuple(self._of_attempt(campaign, attempt) for attempt in attempts)
        key, now = key_of(campaign), self.clock.now()
        ours = await self._write(Finishing(key, self.run, ending, now, notes))
        self._until.pop(campaign.list_id, None)
        return ours

    async def remember(self, skips: Iterable[PlannedStart]) -> None:
        """Record as started what a plan skips by the server's list: the ledger outlives that."""
        await asyncio.gather(*map(self._remember, skips))

    async def _remember(self, skip: PlannedStart) -> None:
        ending = Ending(
            State.STARTED, skip.reason, skip.evidence, {"outcome": str(Outcome.SKIPPED)}
        )
        # What the ledger cannot take now, the next run can.
        with suppress(LedgerError):
            await self._write(Remembering(self._claiming(skip.campaign), ending))

    async def started_by_another(self, campaign: Campaign) -> RunInfo | None:
        """Return the run that lost its claim to us and then saw the start succeed, if one did.

        Its lease ran out while its request was under way; the trail alone has kept what it saw.
        """
        rows = await self._call(self.ledger.trail, key_of(campaign))
        return next((row.run for row in rows if row.event is Event.STARTED), None)

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Renew the lease while the block runs, three times within its length."""
        renewing = asyncio.ensure_future(self._renew_for_ever())
        try:
            yield
        finally:
            # A renewal under way is not broken off, and would take the cancelling for itself.
            self._over = True
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            self._thread.shutdown()

    async def _renew_for_ever(self) -> None:
        while not self._over:
            await self.clock.sleep(self.lease / 3)
            now = self.clock.now()
            until = now + timedelta(seconds=self.lease)
            # A lease that could not be renewed ends by itself, and nothing is sent under it.
            with suppress(LedgerError):
                await self._call(self.ledger.renew, self.run, now=now, lease_until=until)
                # One that ended while the ledger was busy may have been taken over before that.
                now = self.clock.now()
                living = {list_id: ends for list_id, ends in self._until.items() if ends > now}
                self._until |= {list_id: max(until, ends) for list_id, ends in living.items()}

    def _claiming(self, campaign: Campaign) -> Claiming:
        now = self.clock.now()
        return Claiming(
            key_of(campaign),
            self.run,
            campaign.name,
            campaign.request.kept_body,
            now,
            now + timedelta(seconds=self.lease),
        )

    def _of_attempt(self, campaign: Campaign, attempt: Attempt) -> Noting:
        detail = {
            "n": attempt.n,
            "sent_at": format_moment(attempt.sent_at),
            "seconds": attempt.seconds,
            "status": attempt.status,
            "verdict": str(attempt.verdict),
            "detail": attempt.detail,
        }
        return Noting(key_of(campaign), self.run, Event.ATTEMPT, detail, self.clock.now())

    async def _write(self, change: Change[_Value]) -> _Value:
        """Write a change in the next transaction, which all share who wait for it."""
        written: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write_all())
        return await _to_its_end(written)

    async def _write_all(self) -> None:
        while self._waiting:
            if self.gathering:
                await asyncio.sleep(self.gathering)
            group, self._waiting = self._waiting, []
            try:
                made = await self._call(self.ledger.write, [change for change, _ in group])
            except BaseException as failure:
                # Whatever it is, those who wait for this must not wait for ever.
                made = [failure] * len(group)
            for (_, written), one in zip(group, made, strict=True):
                if isinstance(one, BaseException):
                    written.set_exception(one)
                else:
                    written.set_result(one)

    async def _call(self, function: Callable[..., _Value], *args: Any, **kwargs: Any) -> _Value:
        """Run a transaction on the ledger's own thread."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, partial(function, *args, **kwargs))
        return await _to_its_end(work)


async def _to_its_end(work: asyncio.Future[_Value]) -> _Value:
    """Wait for a transaction even if we are cancelled.

    What is written must be known to be written; whoever cancels has interrupted the run too.
    """
    while not work.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait((work,))
    return work.result()
