"""Carries a plan out: sends what is to start, once, and says what became of every campaign.

It owns the order of things: one request at a time, nothing more after a refused key or an empty
balance. What a reply means is the verdict's to say; the clock and the network are passed in.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ringg_runner.api.verdict import Judgement, Verdict, judge
from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.running.retries import RetryPolicy
from ringg_runner.runs import Attempt, Evidence, Outcome, Result, Run, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.api.answers import Reply
    from ringg_runner.campaigns import Campaign, StartRequest
    from ringg_runner.times import Clock


class Starter(Protocol):
    """Whoever can send a start request."""

    async def start(self, request: StartRequest) -> Reply:
        """Send one start request, once."""
        ...


@dataclass(frozen=True, slots=True)
class _Ending:
    """What a verdict makes of a campaign, and of the run; `reason` leads in what came back."""

    outcome: Outcome
    reason: str = ""
    evidence: Evidence | None = None
    stop: Stop | None = None

    def in_words(self, judgement: Judgement) -> str:
        """Return the reason for people; a start and a skip are told in the server's words alone."""
        if self.evidence and judgement.detail:
            return judgement.detail
        return f"{self.reason}{judgement.in_words}"


ENDINGS: dict[Verdict, _Ending] = {
    Verdict.STARTED: _Ending(Outcome.STARTED, evidence=Evidence.ANSWER),
    Verdict.ALREADY_STARTED: _Ending(Outcome.SKIPPED, evidence=Evidence.WORDS),
    Verdict.FAILED: _Ending(Outcome.FAILED),
    Verdict.KEY_REFUSED: _Ending(Outcome.FAILED, stop=Stop.KEY_REFUSED),
    Verdict.BALANCE_TOO_LOW: _Ending(Outcome.FAILED, stop=Stop.BALANCE_TOO_LOW),
    Verdict.THROTTLED: _Ending(Outcome.FAILED),
    Verdict.NOT_SENT: _Ending(Outcome.FAILED),
    Verdict.AMBIGUOUS: _Ending(Outcome.UNRESOLVED, "may or may not have started: "),
}


@dataclass(slots=True)
class Interruption:
    """Set from a signal handler: what is under way then ends, and nothing new begins."""

    stop: Stop | None = None
    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, stop: Stop) -> None:
        """Interrupt the run, for this reason; the first one stands."""
        self.stop = self.stop or stop
        self._event.set()

    def is_set(self) -> bool:
        """Tell whether the run was interrupted."""
        return self.stop is not None

    async def wait(self) -> None:
        """Wait for the interruption."""
        await self._event.wait()


@dataclass(frozen=True, slots=True)
class Executor:
    """Everything that an apply needs from outside."""

    client: Starter
    clock: Clock
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    interruption: Interruption = field(default_factory=Interruption)

    async def run(self, plan: Plan, run_id: str, report: Callable[[Result], None]) -> Run:
        """Carry the plan out; each result is reported in the plan's order, as it becomes known.

        Cancelling the task gives up the request under way: it ends unresolved, and the run is
        returned all the same.
        """
        started_at = self.clock.now()
        results: list[Result] = []
        stopped: Stop | None = None
        for planned in plan.starts:
            stopped = stopped or self.interruption.stop
            if planned.action is Action.START and stopped is None:
                result, stopped = await self._start(planned.campaign)
            else:
                result = _not_attempted(planned, stopped)
            results.append(result)
            report(result)
        return Run(run_id, plan.environment, started_at, self.clock.now(), tuple(results), stopped)

    async def _start(self, campaign: Campaign) -> tuple[Result, Stop | None]:
        attempts: list[Attempt] = []
        judgements: list[Judgement] = []

        async def send() -> Judgement:
            if attempts and self.interruption.is_set():
                # Woken from the wait between two attempts: the last word stands.
                return judgements[-1]
            sent_at, begun = self.clock.now(), self.clock.elapsed()
            try:
                judgement = judge(await self.client.start(campaign.request), campaign.request)
            except asyncio.CancelledError:
                self.interruption.set(Stop.INTERRUPTED)
                judgement = Judgement(Verdict.AMBIGUOUS, "interrupted before an answer came")
            judgements.append(judgement)
            attempts.append(
                Attempt(
                    len(attempts) + 1,
                    sent_at,
                    round(self.clock.elapsed() - begun, 3),
                    judgement.status,
                    judgement.verdict,
                    judgement.detail,
                )
            )
            return judgement

        judgement = await self.retry.send(
            send, sleep=self._sleep, now=self.clock.now, stopped=self.interruption.is_set
        )
        ending = ENDINGS[judgement.verdict]
        result = Result(
            campaign,
            ending.outcome,
            ending.in_words(judgement),
            ending.evidence,
            judgement.has_ongoing_calls,
            tuple(attempts),
        )
        return result, ending.stop

    async def _sleep(self, seconds: float) -> None:
        """Sleep, unless the run is interrupted meanwhile."""
        sleep = asyncio.ensure_future(self.clock.sleep(seconds))
        wake = asyncio.ensure_future(self.interruption.wait())
        await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        sleep.cancel()
        wake.cancel()


def _not_attempted(planned: PlannedStart, stopped: Stop | None) -> Result:
    if planned.action is Action.START:
        return Result(planned.campaign, Outcome.CANCELLED, f"not attempted: {stopped}")
    return Result(planned.campaign, _WITHOUT_A_REQUEST[planned.action], planned.reason)


_WITHOUT_A_REQUEST = {Action.HOLD: Outcome.HELD, Action.SKIP: Outcome.SKIPPED}
