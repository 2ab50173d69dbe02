"""`apply`: plans, asks, starts, and tells what became of every campaign."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show_at_all_costs, warn
from ringg_runner.cli.plan import make_plan, show_plan
from ringg_runner.errors import ExitCode, NotApprovedError

if TYPE_CHECKING:
    from pathlib import Path

    from ringg_runner.planner import Plan


@click.command("apply", short_help="Start what the plan says, and tell what became of it.")
@options.selecting
@click.option("-y", "--yes", is_flag=True, help="Start without asking, as in CI.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, as the command plan does.")
@options.output_format("text", "json")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long to wait for the whole answer to a start.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show each attempt, and each planned request.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    yes: bool,
    dry_run: bool,
    output: str,
    timeout: float,
    verbose: bool,
) -> int:
    """Start the campaigns that are to start, and tell what became of each.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. Everything is planned before anything is sent. Outside the
    sandbox it asks first, unless --yes is given.
    """
    planned = make_plan(options.selection(paths, environment, project_file))
    if dry_run:
        show_plan(planned, output, verbose=verbose)
        return ExitCode.OK

    from ringg_runner.api.client import TimeLimits
    from ringg_runner.authoring.environments import read_key
    from ringg_runner.cli.applying import ResultTable, carry_out
    from ringg_runner.planner import Action
    from ringg_runner.redaction import Secret
    from ringg_runner.report import documents

    plan, limits = planned.plan, TimeLimits(timeout)
    starts = plan.summary[Action.START]
    to_ask = starts > 0 and not yes and not plan.environment.embedded
    if to_ask and not sys.stdin.isatty():
        raise NotApprovedError(
            f"{starts} to start in {plan.environment.name}, and nobody here to ask:"
            " nothing was sent",
            "review the plan, then give --yes",
        )
    # Where nothing is to start, nothing is sent, and no key is needed.
    key = read_key(plan.environment, os.environ) if starts else Secret("")
    if to_ask:
        _ask(plan)
    if output == "json":
        run = carry_out(planned, key, limits, lambda _: None)
        written = show_at_all_costs(documents.encode(documents.of_run(run)))
    else:
        table = ResultTable(plan, attempts=verbose)
        run = carry_out(planned, key, limits, table.add)
        written = table.end(run)
    return run.exit_code if written else run.exit_code or ExitCode.FAILED


def _ask(plan: Plan) -> None:
    """Show the plan and ask a person; raises NotApprovedError for anything but a yes."""
    from ringg_runner.report import text

    warn(text.of_plan(plan))
    try:
        answer = click.prompt("\nThis calls people. Only yes starts it", err=True, default="no")
    except click.Abort:
        answer = "no"
    if answer != "yes":
        raise NotApprovedError("not approved: nothing was sent")
