"""`plan`: what an apply would do, without starting anything."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show, tell_findings
from ringg_runner.errors import ExitCode, UsageError
from ringg_runner.report.formats import BY_NAME, OF_PLANS

if TYPE_CHECKING:
    from ringg_runner.cli.reporting import Reports
    from ringg_runner.pipeline import Selection
    from ringg_runner.planner import Plan
    from ringg_runner.prepared import Prepared
    from ringg_runner.selecting import Criteria


@click.command("plan", short_help="Show what an apply would start; needs no key and no network.")
@options.selecting
@options.narrowing
@options.strict
@options.output_format(*OF_PLANS)
@options.reports(plans=True)
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Save the plan too, for apply --plan FILE.",
)
@options.detailed_exitcode
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
    file: Path | None,
    detailed_exitcode: bool,
    refresh: bool,
    ca_file: Path | None,
    verbose: bool,
) -> int:
    """Show what an apply would do with each campaign.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. What the ledger remembers is taken into account where it
    can be read from here. Without --refresh it needs no key, and asks nobody else.

    plan show FILE shows a plan that was saved with -o FILE; a folder called show is ./show.
    """
    if file is not None:
        _refuse_to_save(file, paths)
    selection = options.selection(paths, environment, project_file, criteria, strict=strict)
    plan = plan_of(prepare(selection), refresh=refresh, ca_file=ca_file)
    if file is not None:
        save(plan, file)
    return show_plan(plan, output, reports, verbose=verbose, detailed=detailed_exitcode)


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


def _refuse_to_save(file: Path, paths: tuple[Path, ...]) -> None:
    """Find out at once what would be found out in the end."""
    from ringg_runner.saved import files

    stdin = Path("-")
    if file == stdin:
        raise UsageError("a plan is saved to a file", "to read it on stdout, use --format json")
    if stdin in paths:
        raise UsageError(
            "a saved plan is held to its manifests, and standard input is not there twice",
            "write them to a file",
        )
    files.refuse_target(file)


def save(plan: Plan, file: Path) -> None:
    """Save a plan for a later apply; raises PlanFileError or RunnerError where that cannot be."""
    from ringg_runner import __version__
    from ringg_runner.authoring import environments, secrets
    from ringg_runner.redaction import Redactor
    from ringg_runner.saved import files, sealing
    from ringg_runner.times import SystemClock

    key = environments.key_at_hand(plan.environment, os.environ) or ""
    redactor = Redactor.of(*([key] if len(key) >= secrets.SHORTEST else []))
    saved = sealing.seal(plan, SystemClock().now(), __version__, redactor)
    files.write(file, sealing.text_of(saved))
    say(f"saved to {file}; to start just this: ringg-runner apply --plan {shlex.quote(str(file))}")


def code_of(plan: Plan, *, detailed: bool) -> ExitCode:
    """Return the exit code of whoever shows a plan."""
    from ringg_runner.planner import Action

    return ExitCode.CHANGES if detailed and plan.summary[Action.START] else ExitCode.OK


def show_plan(plan: Plan, output: str, reports: Reports, *, verbose: bool, detailed: bool) -> int:
    """Write a plan to stdout, and into its reports; return what the process tells its caller."""
    written = reports.of_plan(plan, verbose=verbose)
    show(BY_NAME[output].of_plan(plan, verbose=verbose))
    return code_of(plan, detailed=detailed) if written else ExitCode.FAILED
