"""`plan`: what an apply would do, without starting anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show, tell_findings
from ringg_runner.errors import ExitCode
from ringg_runner.report.formats import BY_NAME, OF_PLANS

if TYPE_CHECKING:
    from ringg_runner.cli.reporting import Reports
    from ringg_runner.pipeline import Prepared, Selection
    from ringg_runner.planner import Plan
    from ringg_runner.selecting import Criteria


@click.command("plan", short_help="Show what an apply would start; needs no key and no network.")
@options.selecting
@options.narrowing
@options.strict
@options.output_format(*OF_PLANS)
@options.reports(plans=True)
@click.option("--refresh", is_flag=True, help="Ask the API's own list too; needs the key.")
@options.network
@click.option("-v", "--verbose", is_flag=True, help="Show each request in full.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    criteria: Criteria,
    strict: bool,
    output: str,
    reports: Reports,
    refresh: bool,
    ca_file: Path | None,
    verbose: bool,
) -> int:
    """Show what an apply would do with each campaign.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. What the ledger remembers is taken into account where it
    can be read from here. Without --refresh it needs no key, and asks nobody else.
    """
    prepared = prepare(options.selection(paths, environment, project_file, criteria, strict=strict))
    plan = plan_of(prepared, refresh=refresh, ca_file=ca_file)
    return show_plan(plan, output, reports, verbose=verbose)


def prepare(selection: Selection, *, quiet: bool = False) -> Prepared:
    """Resolve the selection, and tell on stderr what is worth a look; with `quiet` no notes."""
    from ringg_runner import pipeline
    from ringg_runner.times import SystemClock

    prepared = pipeline.prepare(selection, Path.cwd(), os.environ, SystemClock().now())
    tell_findings(prepared.findings)
    for doubt in prepared.doubts:
        say(doubt, "warning")
    for note in () if quiet else prepared.notes:
        say(f"note: {note}")
    return prepared


def plan_of(prepared: Prepared, *, refresh: bool, ca_file: Path | None = None) -> Plan:
    """Plan by what the ledger knows, and with `refresh` by what the server's list shows."""
    from ringg_runner.cli.memory import known_for_a_plan
    from ringg_runner.times import SystemClock

    known = known_for_a_plan(prepared)
    if not refresh:
        return prepared.plan(SystemClock().now(), known)
    from ringg_runner.api.client import TimeLimits
    from ringg_runner.authoring.environments import read_key
    from ringg_runner.cli.connecting import look

    key = read_key(prepared.environment, os.environ)
    seen = look(prepared, key, TimeLimits(), ca_file)
    return prepared.plan(SystemClock().now(), known, seen.view, seen.holder)


def show_plan(plan: Plan, output: str, reports: Reports, *, verbose: bool) -> int:
    """Write a plan to stdout, and into its reports; return what the process tells its caller."""
    written = reports.of_plan(plan, verbose=verbose)
    show(BY_NAME[output].of_plan(plan, verbose=verbose))
    return ExitCode.OK if written else ExitCode.FAILED
