"""Carries a plan out: which campaign is sent when, and what became of every one, in their order.

It owns slots, stops and the order of reports. How one campaign is started is `starting`'s to say.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Claim, Ending, State
from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.running.starting import Start
from ringg_runner.running.surroundings import Brake, Interruption, Patience, Starter, Surroundings
from ringg_runner.runs import Evidence, Outcome, Result, Run, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.campaigns import Campaign
    from ringg_runner.running.claims import Claims
    from ringg_runner.running.lookout import Lookout
    from ringg_runner.times import Clock


@dataclass(slots=True)
class _Progress:
    """The results so far, each reported as early as the plan's order allows."""

    report: Callable[[Result], None]
    results: dict[int, Result] = field(default_factory=dict)
    _reported: int = 0

    def add(self, place: int, result: Result) -> None:
        self.results[place] = result
        while self._reported in self.results:
            self.report(self.results[self._reported])
            self._reported += 1


@dataclass(frozen=True, slots=True)
class Executor:
    """Everything that an apply needs from outside; without a lookout the list is not read."""

    client: Starter
    claims: Claims
    lookout: Lookout | None
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    interruption: Interruption = field(default_factory=Interruption)
    concurrency: int = 1

    async def run(self, plan: Plan, report: Callable[[Result], None]) -> Run:
        """Carry the plan out; each result is reported in the plan's order, as it becomes known.

        Cancelling the task gives up the requests under way: they end unresolved, and the run is
        returned all the same.
        """
        started_at = self.clock.now()
        progress = _Progress(report)
        around = Surroundings(
            self.client,
            self.claims,
            self.lookout,
            self.clock,
            self.patience,
            self.interruption,
            Brake(),
            asyncio.Semaphore(self.concurrency),
        )
        tasks = self.interruption.under_way
        stopped: Stop | None = None
        for place, planned in enumerate(plan.starts):
            if planned.action is not Action.START:
                progress.add(place, await self._without_a_request(planned))
                continue
            if await self._may_start(around):
                tasks.add(asyncio.ensure_future(_start(place, planned, around, progress)))
                continue
            stopped = self._stop(around)
            reason = f"not attempted: {stopped}"
            progress.add(place, Result(planned.campaign, Outcome.CANCELLED, reason))
        while tasks:
            await self.interruption.bear(asyncio.wait(tasks), given_up=None)
            tasks -= {task for task in tasks if _is_over(task)}
        results = tuple(progress.results[place] for place in range(len(plan.starts)))
        return Run(
            self.claims.run.run_id,
            plan.environment,
            started_at,
            self.clock.now(),
            results,
            around.brake.stop or stopped,
        )

    async def _may_start(self, around: Surroundings) -> bool:
        """Wait for a slot; True with one in hand, False where nothing more is to start."""
        if self._stop(around) is not None:
            return False
        got = await self.interruption.bear(around.slots.acquire(), given_up=False)
        return got and self._still_may_start(around)

    def _still_may_start(self, around: Surroundings) -> bool:
        if self._stop(around) is None:
            return True
        around.slots.release()
        return False

    def _stop(self, around: Surroundings) -> Stop | None:
        return around.brake.stop or self.interruption.stop

    async def _without_a_request(self, planned: PlannedStart) -> Result:
        campaign = planned.campaign
        if planned.action is Action.HOLD:
            return Result(campaign, Outcome.HELD, planned.reason)
        if planned.evidence is Evidence.SERVER_LIST:
            # The ledger outlives the server's list; what it cannot take now, the next run can.
            with suppress(LedgerError):
                await self._remember(campaign, planned.reason)
        return Result(campaign, Outcome.SKIPPED, planned.reason, planned.evidence)

    async def _remember(self, campaign: Campaign, reason: str) -> None:
        if isinstance(await self.claims.claim(campaign), Claim):
            ending = Ending(State.STARTED, reason, str(Evidence.SERVER_LIST))
            await self.claims.finish(campaign, ending)


async def _start(
    place: int, planned: PlannedStart, around: Surroundings, progress: _Progress
) -> None:
    progress.add(place, await Start(planned.campaign, around).run())


def _is_over(task: asyncio.Task[None]) -> bool:
    """Tell whether a task has ended; what went wrong in it is a bug, and is raised here."""
    if not task.done():
        return False
    task.result()
    return True
