"""What became of a plan: an outcome for every campaign, and the exit code that follows from them.

Values only; whoever shows a run adds nothing to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ringg_runner.errors import ExitCode, gravest
from ringg_runner.waiting import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringg_runner.api.verdict import Verdict
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.campaigns import Campaign
    from ringg_runner.guards import GuardCheck
    from ringg_runner.selecting import Selected
    from ringg_runner.waiting import Waited


class Outcome(StrEnum):
    """What became of one campaign; an unresolved one may or may not have started."""

    STARTED = "started"
    SKIPPED = "skipped"
    HELD = "held"
    FAILED = "failed"
    UNRESOLVED = "unresolved"
    CANCELLED = "cancelled"


class Evidence(StrEnum):
    """How a start or a skip is known."""

    ANSWER = "answer"
    WORDS = "words"
    SERVER_LIST = "server_list"
    LEDGER = "ledger"
    PERSON = "person"


class Stop(StrEnum):
    """Why a run attempted no further start."""

    KEY_REFUSED = "the API refused the key"
    BALANCE_TOO_LOW = "the balance is too low"
    LEDGER_FAILED = "the ledger cannot be written"
    TOO_MANY_FAILURES = "too many starts failed"
    GUARD = "a guard refused"
    LEFT_ALONE = "the API asks to be left alone for longer than a run waits"
    INTERRUPTED = "the run was interrupted"
    TERMINATED = "the run was told to end"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request: when it was sent, how many seconds it took, and what its reply meant."""

    n: int
    sent_at: datetime
    seconds: float
    status: int | None
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one campaign, why, and how that is known.

    `people` is how many the server's list says it calls; None where it does not say.
    """

    campaign: Campaign
    outcome: Outcome
    reason: str
    evidence: Evidence | None = None
    has_ongoing_calls: bool | None = None
    attempts: tuple[Attempt, ...] = ()
    people: int | None = None


def sum_if_known(counts: Iterable[int | None]) -> int | None:
    """Return the sum of counts; None where one of them is not known."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


@dataclass(frozen=True, slots=True)
class Run:
    """One apply, in the order of the manifests; `waited` where the ends were waited for.

    `digest` is that of the plan that was carried out, `to_start` how many starts it had, `guards`
    how the guards stood towards it, and `refusal` the one that stopped the run. `detailed` where
    the exit code tells an apply that started something from one that had nothing to do.

    `recalled` where the ledger tells of the run, whatever became of its process: what had no claim
    is then missing, as are the digest, the people, and why the run stopped.
    """

    run_id: str
    environment: Environment
    started_at: datetime
    finished_at: datetime
    results: tuple[Result, ...]
    stopped: Stop | None = None
    digest: str = ""
    guards: tuple[GuardCheck, ...] = ()
    refusal: GuardCheck | None = None
    selected: Selected | None = None
    waited: Waited | None = None
    to_start: int | None = None
    recalled: bool = False
    detailed: bool = False

    @property
    def summary(self) -> dict[Outcome, int]:
        """How many campaigns have each outcome."""
        counts = Counter(result.outcome for result in self.results)
        return {outcome: counts[outcome] for outcome in Outcome}

    @property
    def people(self) -> int | None:
        """How many people the started campaigns call; None where that is not known of all."""
        return sum_if_known(r.people for r in self.results if r.outcome is Outcome.STARTED)

    @property
    def to_wait_for(self) -> tuple[Seen, ...]:
        """What comes to an end some time: what the run started, or found started.

        What is unresolved may be calling people or not: it is waited for once it is seen to be.
        """
        return tuple(
            Seen(result.campaign, awaited=result.outcome is not Outcome.UNRESOLVED)
            for result in self.results
            if result.outcome in (Outcome.STARTED, Outcome.SKIPPED, Outcome.UNRESOLVED)
        )

    @property
    def exit_code(self) -> ExitCode:
        """What the process tells its caller: the gravest thing that is true of the run."""
        summary = self.summary
        codes = [_CODES[self.stopped]] if self.stopped in _CODES else []
        if summary[Outcome.UNRESOLVED]:
            codes.append(ExitCode.UNRESOLVED)
        if summary[Outcome.FAILED]:
            codes.append(ExitCode.FAILED)
        if self.waited:
            codes.append(self.waited.exit_code)
        if self.detailed and summary[Outcome.STARTED]:
            codes.append(ExitCode.CHANGES)
        return gravest(*codes)

    @property
    def exit_code_untold(self) -> ExitCode:
        """The same where the result could not be written: all is not well then."""
        code = self.exit_code
        return ExitCode.FAILED if code in (ExitCode.OK, ExitCode.CHANGES) else code


_CODES = {
    Stop.KEY_REFUSED: ExitCode.KEY_REFUSED,
    Stop.GUARD: ExitCode.REFUSED,
    Stop.INTERRUPTED: ExitCode.INTERRUPTED,
    Stop.TERMINATED: ExitCode.TERMINATED,
}
