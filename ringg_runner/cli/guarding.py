"""What the command line has to do with guards: who lifts one, and how a refusal is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.cli.output import say
from ringg_runner.errors import GuardRefusedError, UsageError
from ringg_runner.guards import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.planner import Plan


def overrides(
    names: Sequence[str], reasons: Sequence[str], environment: Environment
) -> dict[Guard, str]:
    """Return why a person lifts which guard; raises UsageError for what lifts nothing."""
    if len(names) != len(reasons):
        raise UsageError(
            f"{len(names)} --override-guard, and {len(reasons)} --reason",
            "give each guard that you lift a reason of its own: "
            "--override-guard max_starts --reason TEXT",
        )
    lifted: dict[Guard, str] = {}
    for name, reason in zip(names, reasons, strict=True):
        guard = Guard(name)
        if guard not in environment.guards.that_are_set:
            raise UsageError(
                f"--override-guard {guard}: environment {environment.name} does not set this guard",
                "leave the option out: there is nothing to lift",
            )
        if guard in lifted:
            raise UsageError(f"--override-guard {guard} is given twice", "one reason is enough")
        if not reason.strip():
            raise UsageError(f"--override-guard {guard}: the reason is empty", "say why")
        lifted[guard] = reason.strip()
    return lifted


def refuse(plan: Plan) -> None:
    """Raise GuardRefusedError where a guard stops a plan; what is lifted is said on stderr."""
    refused = [check for check in plan.guards if check.refuses]
    if refused:
        told = "".join(f"\n  {check}" for check in refused)
        guards = "a guard refuses" if len(refused) == 1 else f"{len(refused)} guards refuse"
        hints = dict.fromkeys(_HINTS[check.guard] for check in refused)
        raise GuardRefusedError(f"{guards} this apply: nothing was sent{told}", "; ".join(hints))
    for check in plan.guards:
        if check.overridden is not None:
            say(f"note: {check.guard} is lifted ({check.overridden}): {check}")


_FEWER = "start fewer at a time, or change the limit where it is reviewed"
_HINTS: Mapping[Guard, str] = {
    Guard.HOLD: "remove the file when campaigns may be started again",
    Guard.WORKSPACE: "use a key of that workspace; ringg-runner check says whose a key is",
    Guard.MAX_STARTS: _FEWER,
    Guard.MAX_CONTACTS: _FEWER,
    Guard.START_HOURS: "apply again when the hours are open",
    Guard.STOP_WHEN_BUSY: "apply again when the other calls are over",
}
