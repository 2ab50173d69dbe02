"""What the command line has to do with guards: who overrides one, and how a refusal is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say
from ringg_runner.errors import GuardRefusedError, UsageError
from ringg_runner.guards import SETTINGS, Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.planner import Plan


overriding = options.together(
    click.option(
        "--reason",
        metavar="TEXT",
        multiple=True,
        help="Why the guard is overridden; one for each, kept in the ledger.",
    ),
    click.option(
        "--override-guard",
        metavar="NAME",
        multiple=True,
        type=click.Choice([str(guard) for guard in SETTINGS]),
        help=f"Override one guard for this apply: {', '.join(SETTINGS)}.",
    ),
)
"""Add --override-guard and --reason."""


def overrides(
    names: Sequence[str], reasons: Sequence[str], environment: Environment
) -> dict[Guard, str]:
    """Return why a person overrides which guard; raises UsageError for what overrides none."""
    if len(names) != len(reasons):
        raise UsageError(
            f"{len(names)} --override-guard, and {len(reasons)} --reason",
            "give each guard that you override a reason of its own: "
            "--override-guard max_starts --reason TEXT",
        )
    given: dict[Guard, str] = {}
    for name, reason in zip(names, reasons, strict=True):
        guard = Guard(name)
        if guard not in environment.guards.that_are_set:
            raise UsageError(
                f"--override-guard {guard}: environment {environment.name} does not set this guard",
                "leave the option out: there is nothing to override",
            )
        if guard in given:
            raise UsageError(f"--override-guard {guard} is given twice", "one reason is enough")
        if not reason.strip():
            raise UsageError(f"--override-guard {guard}: the reason is empty", "say why")
        given[guard] = reason.strip()
    return given


def refuse(plan: Plan) -> None:
    """Raise GuardRefusedError where a guard stops a plan."""
    refused = [check for check in plan.guards if check.refuses]
    if refused:
        told = "".join(f"\n  {check}" for check in refused)
        guards = "a guard refuses" if len(refused) == 1 else f"{len(refused)} guards refuse"
        hints = dict.fromkeys(check.remedy for check in refused)
        raise GuardRefusedError(f"{guards} this apply: nothing was sent{told}", "; ".join(hints))


def tell_what_is_overridden(plan: Plan) -> None:
    """Say on stderr which guards a person overrides, and how they stand."""
    for check in plan.guards:
        if check.overridden is not None:
            say(f"note: {check.guard} is overridden ({check.overridden}): {check.told}")
