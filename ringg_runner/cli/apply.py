"""`apply`: plans, asks, starts, and tells what became of every campaign."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options, reviewing
from ringg_runner.cli.output import say, show_at_all_costs, warn
from ringg_runner.cli.plan import code_of, plan_of, show_plan
from ringg_runner.errors import NotApprovedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ringg_runner.api.server_list import View
    from ringg_runner.campaigns import ListId
    from ringg_runner.cli.applying import Approved, Manner
    from ringg_runner.cli.reviewing import Review
    from ringg_runner.ledger.records import Entry
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.pipeline import Prepared
    from ringg_runner.planner import Plan


@click.command("apply", short_help="Start what the plan says, and tell what became of it.")
@options.selecting
@options.strict
@reviewing.reviewed
@click.option("-y", "--yes", is_flag=True, help="Start without asking, as in CI.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, as the command plan does.")
@options.output_format("text", "json")
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
    "--rate", metavar="N/s", type=options.Rate(), help="How many begin: 5/s, 100/m or 1000/h."
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
@click.option("-q", "--quiet", is_flag=True, help="Show neither progress nor notes.")
@click.option("-v", "--verbose", is_flag=True, help="Show each attempt, and each planned request.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    strict: bool,
    plan_file: Path | None,
    max_age: float | None,
    expect_digest: str | None,
    yes: bool,
    dry_run: bool,
    output: str,
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
        plan_file, max_age, expect_digest, paths=paths, no_refresh=no_refresh
    )
    prepared = review.prepare(options.selection(paths, environment, project_file, strict=strict))
    if dry_run:
        review.refuse_second_use_if_known(prepared)
        plan = plan_of(prepared, refresh=review.saw_the_list, ca_file=ca_file)
        show_plan(plan, output, verbose=verbose)
        review.check(plan)
        return code_of(plan, detailed=detailed_exitcode)

    from ringg_runner.api.client import TimeLimits
    from ringg_runner.cli import memory
    from ringg_runner.cli.applying import Manner
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
    )
    to_ask = not (yes or prepared.environment.embedded)
    with memory.open_for(prepared.project, prepared.environment, create=True) as ledger:
        known = ledger.known(prepared.environment.base_url)
        remembers = bool(known) or memory.remembers(prepared, ledger)
        review.refuse_second_use(ledger, remembers=remembers)
        remembers = remembers or without_memory
        approved = _approved(prepared, known, manner, review, to_ask=to_ask, remembers=remembers)
        review.check(approved.plan)
        return _carry_out(approved, ledger, output, verbose=verbose, detailed=detailed_exitcode)


def _approved(
    prepared: Prepared,
    known: Mapping[ListId, Entry],
    manner: Manner,
    review: Review,
    *,
    to_ask: bool,
    remembers: bool,
) -> Approved:
    """Plan by ledger and list, and have it approved; raises NotApprovedError where it is not."""
    from ringg_runner.authoring.environments import read_key
    from ringg_runner.cli.applying import Approved
    from ringg_runner.cli.connecting import look
    from ringg_runner.planner import Action
    from ringg_runner.redaction import Secret
    from ringg_runner.times import SystemClock

    clock, environment = SystemClock(), prepared.environment
    plan = prepared.plan(clock.now(), known)
    starts = plan.summary[Action.START]
    if not starts:
        # Nothing is sent, so no key is needed and nobody need be asked.
        return Approved(prepared, plan, Secret(""), manner, known)
    if to_ask and not sys.stdin.isatty():
        raise NotApprovedError(
            f"{starts} to start in {environment.name}, and nobody here to ask: nothing was sent",
            "review the plan, then give --yes",
        )
    key = read_key(environment, os.environ)
    view = look(prepared, key, manner.limits, manner.ca_file) if manner.refresh else None
    plan = prepared.plan(clock.now(), known, view)
    if plan.summary[Action.START]:
        remembers = remembers or environment.embedded
        _tell_what_is_not_known(view, remembers=remembers, quiet=manner.quiet)
        if to_ask:
            review.check(plan)
            _ask(plan)
            # People take their time. What they approved is held against how things stand now.
            view = look(prepared, key, manner.limits, manner.ca_file) if manner.refresh else None
            plan = prepared.plan(clock.now(), known, view).narrowed_to(plan)
    return Approved(prepared, plan, key, manner, known, view)


def _tell_what_is_not_known(view: View | None, *, remembers: bool, quiet: bool) -> None:
    """Say what a fresh CI runner cannot know; raises NotApprovedError where that is too much."""
    from ringg_runner.api.server_list import Listing
    from ringg_runner.running.whoami import in_ci

    if remembers or not in_ci(os.environ):
        return
    if isinstance(view, Listing):
        if not quiet:
            say(
                "note: there is no ledger here: what was started before is known from the server's "
                "list alone, which may not show everything"
            )
        return
    raise NotApprovedError(
        "there is no ledger here and the server's list is not read: whether these lists were "
        "started before cannot be known, and starting one again calls everybody again",
        "keep a ledger (setting ledger in the project file), or give --without-memory",
    )


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


def _carry_out(
    approved: Approved, ledger: Ledger, output: str, *, verbose: bool, detailed: bool
) -> int:
    from dataclasses import replace
    from uuid import uuid4

    from ringg_runner.cli.applying import ResultTable, carry_out
    from ringg_runner.report import documents
    from ringg_runner.running.whoami import run_info

    who = run_info(str(uuid4()), os.environ)
    if output == "json":
        run = replace(carry_out(approved, ledger, who, lambda _: None), detailed=detailed)
        written = show_at_all_costs(documents.encode(documents.of_run(run)))
    else:
        table = ResultTable(approved.plan, attempts=verbose)
        run = replace(carry_out(approved, ledger, who, table.add), detailed=detailed)
        written = table.end(run)
    return run.exit_code if written else run.exit_code_untold
