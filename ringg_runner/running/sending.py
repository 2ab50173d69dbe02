"""The requests of one start: when each may leave, what came of it, and that it is kept.

What an answer means for the campaign is `starting`'s to say.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringg_runner.api.answers import Lost
from ringg_runner.api.verdict import Judgement, Verdict, judge
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.planner import why_held
from ringg_runner.runs import Attempt, Outcome, Stop

if TYPE_CHECKING:
    from ringg_runner.campaigns import Campaign
    from ringg_runner.running.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Unsent(Judgement):
    """What is known without a request: nothing was sent, and this is what becomes of it."""

    outcome: Outcome = Outcome.CANCELLED

    @classmethod
    def stopped(cls, around: Surroundings) -> Unsent:
        """Return what becomes of a request that a stop of the run comes before."""
        outcome, why = around.unsent
        return cls(Verdict.FAILED, f"not sent: {why}", outcome=outcome)


@dataclass(slots=True)
class Sending:
    """The attempts of one campaign, in their order.

    `people` is how many its list calls, as far as that is known. `open` is why it may have started
    without an answer that says so; None where nothing is left open.
    """

    campaign: Campaign
    around: Surroundings
    people: int | None = None
    attempts: list[Attempt] = field(default_factory=list, init=False)
    open: str | None = field(default=None, init=False)
    _noted: int = field(default=0, init=False)

    @property
    def unnoted(self) -> list[Attempt]:
        """The attempts that are not in the trail yet."""
        return self.attempts[self._noted :]

    async def send(self) -> Judgement:
        """Send the request in a slot, again only where it surely did not start."""
        pace = self.around.pace
        if not await pace.enter():
            return Unsent.stopped(self.around)
        try:
            return await self._send_in_a_slot()
        finally:
            pace.leave()

    async def _send_in_a_slot(self) -> Judgement:
        around = self.around
        before: Judgement | None = None

        async def once() -> Judgement:
            nonlocal before
            await around.pace.turn()
            hindrance = self._hindrance()
            if hindrance is not None:
                return before or hindrance
            before = await self._attempt()
            return before

        return await around.patience.retry.send(
            once,
            sleep=lambda seconds: around.interruption.sleep(around.clock, seconds),
            slow_down=self._slow_down,
            now=around.clock.now,
            stopped=lambda: around.stop is not None,
        )

    def _hindrance(self) -> Unsent | None:
        """Return why the request must not be sent at this moment, if so."""
        around, list_id, now = self.around, self.campaign.list_id, self.around.clock.now()
        if around.stop is not None:
            return Unsent.stopped(around)
        held = why_held(self.campaign, now)
        if held is not None:
            return Unsent(Verdict.FAILED, held, outcome=Outcome.HELD)
        if not around.claims.may_send(list_id):
            return _LEASE_RAN_OUT
        # Whatever the guards let out is counted as sent, so they come last.
        refusal = around.watch.refusal(list_id, self.people, now)
        if refusal is not None:
            around.brake.refuse(refusal)
            return Unsent.stopped(around)
        return None

    async def _attempt(self) -> Judgement:
        """Send the request once, judge what comes of it, and keep it."""
        around, request = self.around, self.campaign.request
        sent_at, begun = around.clock.now(), around.clock.elapsed()
        around.tally.in_flight += 1
        reply = await around.interruption.bear(around.client.start(request), _GIVEN_UP)
        around.tally.in_flight -= 1
        judgement = judge(reply, request)
        around.watch.answered(judgement)
        if stop := _STOPS.get(judgement.verdict):
            around.brake.pull(stop)
        attempt = Attempt(
            len(self.attempts) + 1,
            sent_at,
            round(around.clock.elapsed() - begun, 3),
            judgement.status,
            judgement.verdict,
            judgement.detail,
        )
        self.attempts.append(attempt)
        around.witness.attempted(self.campaign, attempt)
        if judgement.verdict is Verdict.AMBIGUOUS:
            self.open = judgement.in_words
        if judgement.verdict.surely_not_started or self.open:
            # What is conclusive is noted with the ending, at once. What cannot be noted now is too.
            with suppress(LedgerError):
                await self._note_attempts()
        if judgement.verdict is not Verdict.THROTTLED:
            around.pace.went_well()
        return judgement

    def _slow_down(self, seconds: float) -> None:
        if seconds > self.around.patience.retry.longest_wait:
            self.around.brake.pull(Stop.LEFT_ALONE)
        else:
            self.around.pace.slow_down(seconds)

    async def _note_attempts(self) -> None:
        while self._noted < len(self.attempts):
            await self.around.claims.attempted(self.campaign, self.attempts[self._noted])
            self._noted += 1


_GIVEN_UP = Lost("interrupted before an answer came")
_LEASE_RAN_OUT = Unsent(
    Verdict.FAILED, "not sent: too little of the claim's lease is left", outcome=Outcome.FAILED
)
_STOPS = {Verdict.KEY_REFUSED: Stop.KEY_REFUSED, Verdict.BALANCE_TOO_LOW: Stop.BALANCE_TOO_LOW}
