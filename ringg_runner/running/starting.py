"""One start, from its claim to its record: the protocol that starts a list exactly once.

Claim durably, then send; judge the answer; settle what is ambiguous by looking at the server's
list; record, then report. It decides for one campaign and knows nothing of the others.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringg_runner.api.server_list import Standing, Unreadable
from ringg_runner.api.verdict import Judgement, Verdict
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Ending, Entry, State, Taken
from ringg_runner.planner import being_started, how_started
from ringg_runner.running.sending import Sending, Unsent
from ringg_runner.running.settling import LOOKS, Look, Settled, look_for, settle
from ringg_runner.runs import Evidence, Outcome, Result, Stop

if TYPE_CHECKING:
    from ringg_runner.api.server_list import View
    from ringg_runner.campaigns import Campaign
    from ringg_runner.running.surroundings import Surroundings

RECORD_TRIES = 5
"""How often the end of a claim is written before it is given up; a second lies between."""


@dataclass(slots=True)
class Start:
    """One campaign on its way; `run` is called once, for a start that was admitted.

    `people` is how many its list calls, as far as that is known.
    """

    campaign: Campaign
    around: Surroundings
    people: int | None = None
    _sending: Sending = field(init=False)
    _looks: list[Look] = field(default_factory=list, init=False)
    _resent: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Begin without an attempt."""
        self._sending = Sending(self.campaign, self.around, self.people)

    async def run(self) -> Result:
        """Return what became of the campaign, once that is recorded."""
        try:
            claim = await self.around.claims.claim(self.campaign)
            if isinstance(claim, Taken):
                return self._taken(claim.entry)
            inherited = claim.inherited
            if inherited is not None:
                self._sending.open = _left_open(inherited)
            judgement = None if inherited else await self._sending.send()
        except LedgerError as failure:
            self.around.brake.pull(Stop.LEDGER_FAILED)
            reason = f"not sent: it could not be claimed: {failure}"
            return self._result(Outcome.FAILED, reason)
        finally:
            self.around.admitted.release()
        if inherited is not None:
            ended = await self._settle_inherited(inherited)
            if ended is not None:
                return ended
        return await self._carry_on(judgement)

    async def _carry_on(self, judgement: Judgement | None) -> Result:
        """Send where nothing was sent yet, and end; an ambiguous answer allows one more send."""
        may_resend = True
        while True:
            if judgement is None:
                judgement = await self._sending.send()
            if judgement.verdict is not Verdict.AMBIGUOUS:
                return await self._judged(judgement)
            settled = await self._settled()
            if settled is Settled.STARTED:
                reason = f"confirmed by the server's list after a lost answer: {self._last_look}"
                return await self._end(Outcome.STARTED, State.STARTED, reason, Evidence.SERVER_LIST)
            if settled is Settled.OPEN or not may_resend:
                return await self._unresolved(self._sending.open or judgement.in_words)
            judgement, may_resend = None, False

    async def _judged(self, judgement: Judgement) -> Result:
        """End a start whose answer told something."""
        verdict, said = judgement.verdict, judgement.detail or judgement.in_words
        if verdict is Verdict.STARTED:
            ongoing = judgement.has_ongoing_calls
            return await self._end(
                Outcome.STARTED, State.STARTED, said, Evidence.ANSWER, ongoing=ongoing
            )
        if verdict is Verdict.ALREADY_STARTED:
            return await self._already_started(said)
        if verdict is Verdict.FAILED and judgement.status == 400:
            look = await self._look()
            if look is not None and look.standing in (Standing.LIVE, Standing.COMPLETED):
                reason = f"the server's list says {look.shown}; its answer was: {said}"
                return await self._end(Outcome.SKIPPED, State.STARTED, reason, Evidence.SERVER_LIST)
        if self._sending.open:
            # What this request came to says nothing of the one before it.
            return await self._unresolved(f"{self._sending.open}; then: {judgement.in_words}")
        outcome = judgement.outcome if isinstance(judgement, Unsent) else Outcome.FAILED
        return await self._end(outcome, State.NOT_STARTED, judgement.in_words)

    async def _already_started(self, said: str) -> Result:
        """End a start that the API calls a second one: ours, if an answer of ours was lost."""
        if any(attempt.verdict is Verdict.AMBIGUOUS for attempt in self._sending.attempts):
            reason = f"the answer to our own lost request: {said}"
            return await self._end(Outcome.STARTED, State.STARTED, reason, Evidence.WORDS)
        look = await self._look()
        if look is not None and look.standing is Standing.NOT_STARTED:
            return await self._unresolved(
                f"the API says “{said}”, and its own list says {look.shown}"
            )
        return await self._end(Outcome.SKIPPED, State.STARTED, said, Evidence.WORDS)

    async def _settle_inherited(self, inherited: Entry) -> Result | None:
        """Settle what an earlier run left open; None where it surely did not start."""
        settled = await self._settled()
        if settled is Settled.STARTED:
            reason = f"{inherited.run} left it open; the server's list says {self._last_look}"
            return await self._end(Outcome.SKIPPED, State.STARTED, reason, Evidence.SERVER_LIST)
        if settled is Settled.OPEN:
            return await self._unresolved(self._sending.open or inherited.reason)
        try:
            starter = await self.around.claims.started_by_another(self.campaign)
        except LedgerError as failure:
            return await self._unresolved(f"{_left_open(inherited)}; since then: {failure}")
        if starter is not None:
            reason = f"started by {starter}, which told the ledger late"
            return await self._end(Outcome.SKIPPED, State.STARTED, reason, Evidence.LEDGER)
        return None

    async def _settled(self) -> Settled:
        if self.around.patience.resend_unconfirmed and not self._resent:
            # Whoever asked for this relies on the server's guard instead of a look, once.
            self._resent = True
            return Settled.NOT_STARTED
        self.around.tally.unsettled += 1
        settled = await self._look_until_settled()
        self.around.tally.unsettled -= 1
        if settled is Settled.NOT_STARTED:
            self._sending.open = None
        return settled

    async def _look_until_settled(self) -> Settled:
        """Look at the server's list until it tells, or until the settle window ends."""
        looks: list[Look] = []
        waited = 0.0
        for part in LOOKS if self.around.lookout and self.around.patience.settle else ():
            until = part * self.around.patience.settle
            await self.around.interruption.sleep(self.around.clock, until - waited)
            look = await self._look()
            if look is None or look.hopeless:
                return Settled.OPEN
            waited = until
            looks.append(look)
            if settle(looks) is Settled.STARTED:
                return Settled.STARTED
            if self.around.interruption.is_set():
                return Settled.OPEN
        return settle(looks)

    async def _look(self) -> Look | None:
        """Look at the server's list, and keep in the trail what it showed."""
        if self.around.lookout is None:
            return None
        interruption = self.around.interruption
        view: View = _NOT_READ
        if not interruption.given_up:
            view = await interruption.bear(self.around.lookout.look(), _NOT_READ)
        look = look_for(view, self.campaign.list_id)
        self._looks.append(look)
        with suppress(LedgerError):
            await self.around.claims.looked(self.campaign, look)
        return look

    @property
    def _last_look(self) -> str:
        return self._looks[-1].shown

    async def _unresolved(self, why: str) -> Result:
        seen = f"{_SEEN}{self._last_look}" if self._looks else ""
        reason = f"{_MAYBE}{why}{seen}"
        return await self._end(Outcome.UNRESOLVED, State.UNRESOLVED, reason)

    async def _end(
        self,
        outcome: Outcome,
        state: State,
        reason: str,
        evidence: Evidence | None = None,
        *,
        ongoing: bool | None = None,
    ) -> Result:
        """Record what became of it, durably, and only then say so."""
        detail: dict[str, Any] = {"outcome": str(outcome)}
        if ongoing is not None:
            detail["has_ongoing_calls"] = ongoing
        if self.around.patience.resend_unconfirmed:
            detail["resend_unconfirmed"] = True
        ending = Ending(state, reason, str(evidence) if evidence else None, detail)
        tries = 0
        while True:
            tries += 1
            try:
                unnoted = self._sending.unnoted
                ours = await self.around.claims.finish(self.campaign, ending, unnoted)
            except LedgerError as failure:
                if tries == RECORD_TRIES:
                    told = f"{outcome}, but that could not be recorded: {failure}; {reason}"
                    self.around.brake.pull(Stop.LEDGER_FAILED)
                    return self._result(Outcome.UNRESOLVED, told)
                await self.around.interruption.bear(self.around.clock.sleep(1), None)
            else:
                note = "" if ours else " (another run took this list over meanwhile)"
                return self._result(outcome, reason + note, evidence, ongoing)

    def _taken(self, entry: Entry) -> Result:
        if entry.state is State.STARTED:
            return self._result(Outcome.SKIPPED, *how_started(entry))
        return self._result(Outcome.HELD, being_started(entry))

    def _result(
        self,
        outcome: Outcome,
        reason: str,
        evidence: Evidence | None = None,
        ongoing: bool | None = None,
    ) -> Result:
        return Result(
            self.campaign, outcome, reason, evidence, ongoing, tuple(self._sending.attempts)
        )


_MAYBE = "may or may not have started: "
_LEFT = " left it open: "
_SEEN = "; the server's list: "


def _left_open(entry: Entry) -> str:
    """Return why a list is open since an earlier run, however many looked at it in vain since."""
    if entry.state is State.CLAIMED:
        return f"{entry.run}{_LEFT}it vanished while it was starting it"
    why = entry.reason.removeprefix(_MAYBE).partition(_SEEN)[0]
    return why if _LEFT in why else f"{entry.run}{_LEFT}{why}"


_NOT_READ = Unreadable("the run was interrupted")
