"""Carries a plan out: which campaign is sent when, and what became of every one, in their order.

It owns slots, stops and the order of reports. How one campaign is started is `starting`'s to say.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.running.guarding import Watch
from ringg_runner.running.pace import Limiter, Pace
from ringg_runner.running.starting import Start
from ringg_runner.running.surroundings import Brake, Interruption, Patience, Starter, Surroundings
from ringg_runner.running.tally import Tally
from ringg_runner.running.witness import Nobody, Witness
from ringg_runner.runs import Evidence, Outcome, Result, Run, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.running.claims import Claims
    from ringg_runner.running.lookout import Lookout
    from ringg_runner.times import Clock


_MOST = 500
"""How many lists are remembered in one transaction: others want to write too."""


@dataclass(slots=True)
class _Progress:
    """The results so far, each reported as early as the plan's order allows."""

    report: Callable[[Result], None]
    tally: Tally
    witness: Witness
    results: dict[int, Result] = field(default_factory=dict)
    _reported: int = 0

    def add(self, place: int, result: Result) -> None:
        self.results[place] = result
        self.tally.outcomes[result.outcome] += 1
        self.witness.ended(result)
        while self._reported in self.results:
            self.report(self.results[self._reported])
            self._reported += 1


@dataclass(frozen=True, slots=True)
class Executor:
    """Everything that an apply needs from outside; without a lookout the list is not read.

    `concurrency` is how many requests are in flight at the most, `limiter` spaces them out, and
    after `max_failures` starts that failed or are unresolved none begins. `watch` holds the guards,
    and `witness` is told of each attempt and each outcome.
    """

    client: Starter
    claims: Claims
    lookout: Lookout | None
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    interruption: Interruption = field(default_factory=Interruption)
    tally: Tally = field(default_factory=Tally)
    concurrency: int = 1
    limiter: Limiter | None = None
    max_failures: int | None = None
    watch: Watch = field(default_factory=Watch)
    witness: Witness = field(default_factory=Nobody)

    async def run(self, plan: Plan, report: Callable[[Result], None]) -> Run:
        """Carry the plan out; each result is reported in the plan's order, as it becomes known.

        Cancelling the task gives up the requests under way: they end unresolved, and the run is
        returned all the same.
        """
        started_at = self.clock.now()
        self.tally.total = len(plan.starts)
        progress = _Progress(report, self.tally, self.witness)
        around = self._surroundings()
        await self._remember(plan)
        tasks = self.interruption.under_way
        stopped: Stop | None = None
        for place, planned in enumerate(plan.starts):
            if planned.action is not Action.START:
                progress.add(place, _without_a_request(planned))
                continue
            if await self._may_start(around):
                start = self._start(place, planned, around, progress)
                tasks.add(asyncio.ensure_future(start))
                continue
            stopped = around.stop
            progress.add(place, _not_attempted(planned, around))
        while tasks:
            await self.interruption.bear(asyncio.wait(tasks), given_up=None)
            for task in [task for task in tasks if task.done()]:
                tasks.discard(task)
                # What went wrong in a start is a bug, and is raised here.
                task.result()
        results = tuple(progress.results[place] for place in range(len(plan.starts)))
        return Run(
            self.claims.run.run_id,
            plan.environment,
            started_at,
            self.clock.now(),
            results,
            around.stop or stopped,
            plan.digest,
            plan.guards,
            around.brake.refusal,
            plan.selected,
            to_start=plan.summary[Action.START],
        )

    def _surroundings(self) -> Surroundings:
        at_once = 1 if self.watch.one_at_a_time else self.concurrency
        pace = Pace(self.clock, self.interruption, self.tally, at_once, self.limiter)
        return Surroundings(
            self.client,
            self.claims,
            self.lookout,
            self.clock,
            self.patience,
            self.interruption,
            Brake(),
            pace,
            # All slots may fall free at once, and with one slot nothing is claimed ahead.
            asyncio.Semaphore(2 * at_once - 1),
            self.tally,
            self.watch,
            self.witness,
        )

    async def _remember(self, plan: Plan) -> None:
        skips = [planned for planned in plan.starts if _is_remembered(planned)]
        for first in range(0, len(skips), _MOST):
            await self.claims.remember(skips[first : first + _MOST])

    async def _may_start(self, around: Surroundings) -> bool:
        """Wait to be admitted; False where nothing more is to start."""
        if around.stop is not None:
            return False
        admitted = await self.interruption.bear(around.admitted.acquire(), given_up=False)
        if admitted and around.stop is not None:
            around.admitted.release()
            return False
        return admitted

    async def _start(
        self, place: int, planned: PlannedStart, around: Surroundings, progress: _Progress
    ) -> None:
        result = await Start(planned.campaign, around, planned.people).run()
        progress.add(place, replace(result, people=planned.people))
        failures = self.tally.outcomes[Outcome.FAILED] + self.tally.outcomes[Outcome.UNRESOLVED]
        if self.max_failures is not None and failures >= self.max_failures:
            around.brake.pull(Stop.TOO_MANY_FAILURES)
        task = asyncio.current_task()
        assert task is not None
        # Nothing is kept of a start that came to its end: there may be very many.
        self.interruption.under_way.discard(task)


def _without_a_request(planned: PlannedStart) -> Result:
    if planned.action is Action.HOLD:
        return Result(planned.campaign, Outcome.HELD, planned.reason, people=planned.people)
    return Result(
        planned.campaign,
        Outcome.SKIPPED,
        planned.reason,
        planned.evidence,
        people=planned.people,
    )


def _not_attempted(planned: PlannedStart, around: Surroundings) -> Result:
    outcome, why = around.unsent
    return Result(planned.campaign, outcome, f"not attempted: {why}", people=planned.people)


def _is_remembered(planned: PlannedStart) -> bool:
    return planned.action is Action.SKIP and planned.evidence is Evidence.SERVER_LIST
