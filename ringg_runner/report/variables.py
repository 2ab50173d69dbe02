"""The numbers of plans and runs as names with values, for the next step of a CI job.

Each name is always there; a value that is not known is empty. No value holds a line break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.errors import ExitCode
from ringg_runner.planner import Action
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from ringg_runner.planner import Plan
    from ringg_runner.runs import Run

_PLANNED = {Outcome.SKIPPED: Action.SKIP, Outcome.HELD: Action.HOLD}
"""What a plan tells already of the outcomes of its apply."""


def of_plan(plan: Plan, refused: str | None = None) -> dict[str, str]:
    """Return the variables of a plan; `refused` is why an apply of it started nothing."""
    counts = {outcome: plan.summary[action] for outcome, action in _PLANNED.items()}
    return _variables(
        plan.summary[Action.START],
        {outcome: counts.get(outcome, 0) for outcome in Outcome},
        plan.people,
        plan.digest,
        None if refused is None else ExitCode.REFUSED,
    )


def of_run(run: Run) -> dict[str, str]:
    """Return the variables of a run."""
    code = None if run.recalled else run.exit_code
    return _variables(run.to_start, run.summary, run.people, run.digest, code)


def _variables(
    to_start: int | None,
    counts: dict[Outcome, int],
    people: int | None,
    digest: str,
    code: ExitCode | None,
) -> dict[str, str]:
    return {
        "to_start": _shown(to_start),
        **{str(outcome): str(count) for outcome, count in counts.items()},
        "people": _shown(people),
        "digest": digest,
        "exit_code": _shown(code),
    }


def _shown(number: int | None) -> str:
    return "" if number is None else str(int(number))
