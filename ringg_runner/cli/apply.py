"""`apply`: plans, asks, starts, and tells what became of every campaign."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import guarding, kinds, options, reviewing
from ringg_runner.cli.output import show_at_all_costs
from ringg_runner.cli.plan import plan_of, show_plan
from ringg_runner.report.formats import BY_NAME, OF_RUNS

if TYPE_CHECKING:
    from pathlib import Path

    from ringg_runner.cli.applying import Approved
    from ringg_runner.cli.reporting import Reports
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.selecting import Criteria


@click.command("apply", short_help="Start what the plan says, and tell what became of it.")
@options.selecting
@options.narrowing
@options.strict
@reviewing.reviewed
@click.option("-y", "--yes", is_flag=True, help="Start without asking, as in CI.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, as the command plan does.")
@options.output_format(*OF_RUNS)
@options.reports(plans=False)
@options.detailed_exitcode
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long to wait for the whole answer to a start.",
)
@click.option(
    "--settle",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="How long to look for a start whose answer was lost.",
)
@click.option(
    "--lease",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=120.0,
    hidden=True,
    help="How long a claim outlives its run.",
)
@options.network
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="How many starts are under way at a time.",
)
@click.option(
    "--rate", metavar="N/s", type=kinds.Rate(), help="How many begin: 5/s, 100/m or 1000/h."
)
@click.option(
    "--max-failures",
    metavar="N",
    type=click.IntRange(min=1),
    help="Begin nothing more once so many failed or are unresolved.",
)
@click.option("--no-refresh", is_flag=True, help="Never read the server's own list.")
@click.option(
    "--resend-unconfirmed",
    is_flag=True,
    help="Send again after a lost answer, without a look: relies on the server's guard.",
)
@click.option(
    "--without-memory",
    is_flag=True,
    help="In CI: go on with neither a ledger nor a readable list; may start a list twice.",
)
@guarding.overriding
@options.waiting("--wait", "Then wait until the campaigns are over, and tell how they ended.")
@click.option("-q", "--quiet", is_flag=True, help="Show neither progress nor notes.")
@click.option("-v", "--verbose", is_flag=True, help="Show each attempt, and each planned request.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    criteria: Criteria,
    strict: bool,
    plan_file: Path | None,
    max_age: float | None,
    expect_digest: str | None,
    yes: bool,
    dry_run: bool,
    output: str,
    reports: Reports,
    detailed_exitcode: bool,
    timeout: float,
    settle: float,
    lease: float,
    ca_file: Path | None,
    concurrency: int,
    rate: float | None,
    max_failures: int | None,
    no_refresh: bool,
    resend_unconfirmed: bool,
    without_memory: bool,
    override_guard: tuple[str, ...],
    reason: tuple[str, ...],
    wait: options.Wait | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Start the campaigns that are to start, each list once, and tell what became of each.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. Everything is planned before anything is sent. Outside the
    sandbox it asks first, unless --yes is given. What was started is kept in the ledger, and is
    never started again. With --plan it starts just what was reviewed, and takes no PATH.
    """
    review = reviewing.open_review(
        plan_file, max_age, expect_digest, paths=paths, criteria=criteria, no_refresh=no_refresh
    )
    if dry_run:
        reports.refuse_what_is_for_runs(output)
    selection = options.selection(paths, environment, project_file, criteria, strict=strict)
    prepared = review.prepare(selection, quiet=quiet)
    if dry_run:
        review.refuse_second_use_if_known(prepared)
        plan = plan_of(prepared, refresh=review.saw_the_list, ca_file=ca_file)
        code = show_plan(plan, output, reports, verbose=verbose, detailed=detailed_exitcode)
        review.check(plan)
        return code

    from ringg_runner.api.client import TimeLimits
    from ringg_runner.cli import memory
    from ringg_runner.cli.applying import Manner
    from ringg_runner.cli.approval import Approval
    from ringg_runner.running.surroundings import Patience

    patience = Patience(settle, resend_unconfirmed)
    manner = Manner(
        TimeLimits(timeout),
        patience,
        refresh=not no_refresh,
        lease=lease,
        ca_file=ca_file,
        quiet=quiet,
        results=output == "text",
        concurrency=concurrency,
        rate=rate,
        max_failures=max_failures,
        wait=wait,
    )
    overrides = guarding.overrides(override_guard, reason, prepared.environment)
    with memory.open_for(prepared.project, prepared.environment, create=True) as ledger:
        known = ledger.known(prepared.environment.base_url)
        remembers = bool(known) or memory.remembers(prepared, ledger)
        review.refuse_second_use(ledger, remembers=remembers)
        remembers = remembers or without_memory
        approval = Approval(
            prepared, known, manner, overrides, reports, review, ask=not yes, remembers=remembers
        )
        return _carry_out(
            approval.get(), ledger, output, reports, verbose=verbose, detailed=detailed_exitcode
        )


def _carry_out(
    approved: Approved,
    ledger: Ledger,
    output: str,
    reports: Reports,
    *,
    verbose: bool,
    detailed: bool,
) -> int:
    from dataclasses import replace
    from uuid import uuid4

    from ringg_runner.cli.applying import ResultTable, carry_out
    from ringg_runner.cli.waiting import wait_for_ends
    from ringg_runner.running.whoami import run_info

    who = run_info(str(uuid4()), os.environ)
    if output == "text":
        table = ResultTable(approved.plan, attempts=verbose)
        run = replace(carry_out(approved, ledger, who, table.add), detailed=detailed)
        written = table.end(run)
        run = wait_for_ends(run, approved, ledger, results=True)
        if run.waited:
            written = table.end_of_waiting(run.waited)
    else:
        run = replace(carry_out(approved, ledger, who, lambda _: None), detailed=detailed)
        run = wait_for_ends(run, approved, ledger, results=False)
        written = show_at_all_costs(BY_NAME[output].of_run(run))
    written = reports.of_run(run, verbose=verbose) and written
    return run.exit_code if written else run.exit_code_untold
