"""The log as events: one flat object for each thing that is told on stderr, as its schema has it.

Values only; who writes them adds the moment. `docs/reference/logs.md` says what each field means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ringg_runner.api.verdict import Verdict
from ringg_runner.report.documents import of_campaign, of_finding, of_row, of_waited
from ringg_runner.runs import Outcome
from ringg_runner.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.campaigns import Campaign
    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.planner import Plan
    from ringg_runner.report.speed import Speed
    from ringg_runner.running.tally import Tally
    from ringg_runner.runs import Attempt, Result, Run
    from ringg_runner.waiting import Seen, Waited, Waiting

Event: TypeAlias = dict[str, Any]

_OF_VERDICTS: Mapping[Verdict, str] = {
    Verdict.FAILED: "error",
    Verdict.KEY_REFUSED: "error",
    Verdict.BALANCE_TOO_LOW: "error",
    Verdict.THROTTLED: "warning",
    Verdict.NOT_SENT: "warning",
    Verdict.AMBIGUOUS: "warning",
}
_OF_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.FAILED: "error",
    Outcome.UNRESOLVED: "error",
    Outcome.CANCELLED: "warning",
}


def encode(event: Event, at: datetime) -> str:
    """Return an event as one line of ASCII: whatever is in it, no terminal and no log obeys it."""
    return json.dumps({"at": format_instant(at), **event})


def message(said: str, level: str) -> Event:
    """Return a sentence for people."""
    return _event(level, "message", message=said)


def finding(found: Diagnostic) -> Event:
    """Return a finding, in the shape that it has in a document."""
    return _event(str(found.severity), "finding", **of_finding(found))


def error(said: str, hint: str | None, exit_code: int) -> Event:
    """Return why the command ends without a result; `hint` is the way out."""
    return _event("error", "error", message=said, hint=hint, exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class RunEvents:
    """The events of one run; each says which run it is, in which environment, at which API.

    Who only waits, and applies nothing, has no `run_id`.
    """

    run_id: str | None
    environment: Environment

    def started(self, plan: Plan) -> Event:
        """Return what the run is about to do."""
        counts = {str(action): count for action, count in plan.summary.items()}
        return self._event("info", "run_started", counts=counts, digest=plan.digest)

    def attempt(self, campaign: Campaign, attempt: Attempt) -> Event:
        """Return a request that was sent, and what its reply means."""
        return self._event(
            _OF_VERDICTS.get(attempt.verdict, "info"),
            "attempt",
            **of_campaign(campaign),
            n=attempt.n,
            status=attempt.status,
            verdict=str(attempt.verdict),
            seconds=attempt.seconds,
            detail=attempt.detail,
        )

    def outcome(self, result: Result) -> Event:
        """Return what became of a campaign."""
        return self._event(
            _OF_OUTCOMES.get(result.outcome, "info"),
            "outcome",
            **of_campaign(result.campaign),
            outcome=str(result.outcome),
            reason=result.reason,
            evidence=str(result.evidence) if result.evidence else None,
        )

    def progress(self, tally: Tally, speed: Speed) -> Event:
        """Return how far the run has come."""
        return self._event(
            "info",
            "progress",
            done=tally.done,
            total=tally.total,
            counts={str(outcome): tally.outcomes[outcome] for outcome in Outcome},
            in_flight=tally.in_flight,
            unsettled=tally.unsettled,
            paused_for=tally.paused_for,
            rate=speed.rate,
            seconds_left=speed.left,
        )

    def ended(self, run: Run) -> Event:
        """Return what the run came to."""
        return self._event(
            "error" if run.exit_code else "info",
            "run_ended",
            counts={str(outcome): count for outcome, count in run.summary.items()},
            stopped=str(run.stopped) if run.stopped else None,
            exit_code=int(run.exit_code),
            seconds=round((run.finished_at - run.started_at).total_seconds(), 3),
        )

    def watch(self, waiting: Waiting, pause: float) -> Event:
        """Return what a look at the server's list showed, of campaigns that are waited for."""
        broken = waiting.unreadable
        return self._event(
            "warning" if broken else "info",
            "watch",
            over=waiting.over,
            counts={str(fate): count for fate, count in waiting.counts.items()},
            changed=[_seen(seen) for seen in waiting.changed],
            unreadable=broken.reason if broken else None,
            pause=None if waiting.over else pause,
        )

    def watch_ended(self, waited: Waited) -> Event:
        """Return what waiting came to."""
        code = int(waited.exit_code)
        told = of_waited(waited)
        return self._event("error" if code else "info", "watch_ended", **told, exit_code=code)

    def _event(self, level: str, event: str, **fields: Any) -> Event:
        where = {"environment": self.environment.name, "base_url": self.environment.base_url}
        return _event(level, event, run_id=self.run_id, **where, **fields)


def _seen(seen: Seen) -> dict[str, Any]:
    return {**of_campaign(seen.campaign), "server": of_row(seen.row), "over": seen.over}


def _event(level: str, event: str, **fields: Any) -> Event:
    return {"level": level, "event": event, **fields}
