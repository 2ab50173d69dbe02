"""`apply`: plans, asks, starts, and tells what became of every campaign."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show, warn
from ringg_runner.cli.plan import make_plan, show_plan
from ringg_runner.errors import ExitCode, NotApprovedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ringg_runner.client import TimeLimits
    from ringg_runner.executor import Interruption
    from ringg_runner.pipeline import Planned
    from ringg_runner.planner import Plan
    from ringg_runner.redaction import Secret
    from ringg_runner.runs import Result, Run


@click.command(
    "apply", short_help="Start what the plan says, and tell what became of each campaign."
)
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
    from ringg_runner.client import TimeLimits
    from ringg_runner.environments import read_key
    from ringg_runner.planner import Action
    from ringg_runner.redaction import Secret
    from ringg_runner.report import documents

    planned = make_plan(options.selection(paths, environment, project_file))
    if dry_run:
        show_plan(planned, output, verbose=verbose)
        return ExitCode.OK
    target = planned.plan.environment
    to_ask = not (yes or target.embedded)
    starts = planned.plan.summary[Action.START]
    if starts and to_ask and not sys.stdin.isatty():
        raise NotApprovedError(
            f"{starts} to start in {target.name}, and nobody here to ask: nothing was sent",
            "review the plan, then give --yes",
        )
    # Where nothing is to start, nothing is sent, and no key is needed.
    key = read_key(target, os.environ) if starts else Secret("")
    if starts and to_ask:
        _ask(planned.plan)
    table = _Table(planned.plan, verbose) if output == "text" else None
    report = table.add if table else _show_nothing
    run = asyncio.run(_carry_out(planned, key, TimeLimits(timeout), report))
    if table:
        table.end(run)
    else:
        show(documents.encode(documents.of_run(run)))
    return run.exit_code


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


async def _carry_out(
    planned: Planned, key: Secret, limits: TimeLimits, report: Callable[[Result], None]
) -> Run:
    from ringg_runner.cli.embedded import transport_to
    from ringg_runner.client import connect
    from ringg_runner.executor import Executor
    from ringg_runner.times import SystemClock

    environment = planned.plan.environment
    with transport_to(environment, planned.project.state) as transport:
        async with connect(environment.base_url, key, limits=limits, transport=transport) as client:
            executor = Executor(client, SystemClock())
            _end_on_signals(executor.interruption)
            return await executor.run(planned.plan, str(uuid4()), report)


def _end_on_signals(interruption: Interruption) -> None:
    """Let the first signal end the run in order, and the second give up what is under way."""
    from ringg_runner.runs import Stop

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def received(stop: Stop) -> None:
        if interruption.stop is None:
            say("interrupted: nothing more is started; waiting for the request under way")
            interruption.set(stop)
        else:
            task.cancel()

    loop.add_signal_handler(signal.SIGINT, received, Stop.INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, received, Stop.TERMINATED)


class _Table:
    """Writes each result to stdout as it becomes known, and the summary at the end."""

    def __init__(self, plan: Plan, verbose: bool) -> None:
        from ringg_runner.report import text

        self._text = text
        self._verbose = verbose
        self._columns = text.Columns.of(planned.campaign for planned in plan.starts)
        show(self._columns.head("OUTCOME"))

    def add(self, result: Result) -> None:
        show(self._text.of_result(result, self._columns))
        if self._verbose:
            show(*self._text.of_attempts(result))

    def end(self, run: Run) -> None:
        show(*self._text.of_run(run))


def _show_nothing(_result: Result) -> None:
    """Keep quiet: the document at the end holds everything."""
