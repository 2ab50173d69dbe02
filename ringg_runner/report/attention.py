"""What a person should look at first, the gravest before the rest, and what to do about it now."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ringg_runner.planner import Action, PlannedStart
from ringg_runner.report.words import Standing, standing_of
from ringg_runner.runs import Outcome, Stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.runs import Result, Run

    Told: TypeAlias = PlannedStart | Result

Word: TypeAlias = "Action | Outcome"
_Word = TypeVar("_Word", bound="Action | Outcome")


def grouped(told: Iterable[Told], words: Iterable[_Word]) -> dict[_Word, list[Told]]:
    """Return the campaigns that each word is said of, in the order of the words."""
    groups: dict[_Word, list[Told]] = {word: [] for word in words}
    for each in told:
        word: Any = each.action if isinstance(each, PlannedStart) else each.outcome
        if word in groups:
            groups[word].append(each)
    return groups


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to look at: what it is, what to do now, by which commands, for which campaigns.

    `word` is the action, the outcome or the standing that it is about.
    """

    word: Action | Outcome | Standing
    title: str
    todo: str
    commands: tuple[str, ...] = ()
    campaigns: tuple[Told, ...] = ()

    @property
    def grave(self) -> bool:
        """Whether something went wrong; the rest is as somebody wanted it."""
        return self.word not in (Action.HOLD, Outcome.HELD)


def of_plan(plan: Plan, refused: str | None = None) -> Iterator[Concern]:
    """Yield what is to be looked at in a plan; `refused` is why an apply of it started nothing."""
    if refused is not None:
        yield Concern(Standing.REFUSES, "The apply was refused", f"{refused}. {_REFUSED}")
    for check in plan.guards:
        if standing_of(check) is Standing.REFUSES:
            yield _of_guard(check, "refuses")
    held = tuple(planned for planned in plan.starts if planned.action is Action.HOLD)
    if held:
        yield Concern(Action.HOLD, _title(len(held), "on hold"), _HELD, campaigns=held)


def of_run(run: Run) -> Iterator[Concern]:
    """Yield what is to be looked at after a run."""
    by_outcome = grouped(run.results, Outcome)
    yield from _of_outcomes((Outcome.UNRESOLVED, Outcome.FAILED), by_outcome, run)
    if run.refusal:
        yield _of_guard(run.refusal, "stopped the run")
    elif run.stopped:
        title = f"{run.stopped[0].upper()}{run.stopped[1:]}"
        yield Concern(Outcome.CANCELLED, title, _STOPPED.get(run.stopped, _AGAIN))
    yield from _of_outcomes((Outcome.HELD, Outcome.CANCELLED), by_outcome, run)


def _of_outcomes(
    outcomes: Iterable[Outcome], by_outcome: Mapping[Outcome, list[Told]], run: Run
) -> Iterator[Concern]:
    for outcome in outcomes:
        campaigns = tuple(by_outcome[outcome])
        if campaigns:
            commands = _settling(campaigns, run) if outcome is Outcome.UNRESOLVED else ()
            title = _title(len(campaigns), str(outcome))
            yield Concern(outcome, title, _TODO[outcome], commands, campaigns)


def _of_guard(check: GuardCheck, does: str) -> Concern:
    todo = f"{check.told}. {check.remedy[0].upper()}{check.remedy[1:]}."
    return Concern(Standing.REFUSES, f"The guard {check.guard} {does}", todo)


def _settling(campaigns: tuple[Told, ...], run: Run) -> tuple[str, ...]:
    many = len(campaigns) > 1
    list_id = "LIST_ID" if many else shlex.quote(campaigns[0].campaign.list_id)
    command = f"ringg-runner ledger resolve {list_id} --env {run.environment.name}"
    return (
        f"# if {'they are' if many else 'it is'} calling people, or did:",
        f"{command} --started --reason TEXT",
        f"# if {'they' if many else 'it'} never started:",
        f"{command} --not-started --reason TEXT",
    )


def _title(count: int, state: str) -> str:
    return f"{count:,} campaign{'' if count == 1 else 's'} {state}"


_REFUSED = "Apply again when that no longer stands in the way."
_HELD = (
    "If that is intended, there is nothing to do: an apply that somebody runs when the reason is"
    " gone starts them."
)
_TODO: dict[Any, str] = {
    Outcome.UNRESOLVED: (
        "These may or may not be calling people now. Nothing more is sent for them until that is"
        " settled: the next apply looks at the server's list first. What it cannot settle, a person"
        " does: look each list up in the Ringg dashboard, then say what you found."
    ),
    Outcome.FAILED: (
        "What failed did not start. Mend what the reason names, and apply again: what was started"
        " is not started twice."
    ),
    Outcome.HELD: _HELD,
    Outcome.CANCELLED: "These were not sent. Apply again when nothing stands in the way any more.",
}
_AGAIN = "Then apply again: what was started is not started twice."
_STOPPED: dict[Stop, str] = {
    Stop.KEY_REFUSED: f"Put the present key there, and try it with ringg-runner check. {_AGAIN}",
    Stop.BALANCE_TOO_LOW: f"Top up the workspace. {_AGAIN}",
    Stop.LEDGER_FAILED: f"Make the ledger writable: the reasons say what is wrong. {_AGAIN}",
    Stop.TOO_MANY_FAILURES: f"Find what the failures have in common. {_AGAIN}",
    Stop.GUARD: f"Read which guard, and change its limit where it is set. {_AGAIN}",
    Stop.LEFT_ALONE: f"Wait as long as the API asks. {_AGAIN}",
    Stop.INTERRUPTED: "Somebody stopped it. Apply again: what was started is not started twice.",
    Stop.TERMINATED: "It was told to end. Apply again: what was started is not started twice.",
}
