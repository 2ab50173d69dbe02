"""`plan`: what an apply would do, without starting anything."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show, warn, width
from ringg_runner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ringg_runner.pipeline import Prepared, Selection
    from ringg_runner.planner import Plan


@click.command("plan", short_help="Show what an apply would start; needs no key and no network.")
@options.selecting
@options.strict
@options.output_format("text", "json")
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
    strict: bool,
    output: str,
    file: Path | None,
    detailed_exitcode: bool,
    refresh: bool,
    ca_file: Path | None,
    verbose: bool,
) -> ExitCode:
    """Show what an apply would do with each campaign.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. What the ledger remembers is taken into account where it
    can be read from here. Without --refresh it needs no key, and asks nobody else.

    plan show FILE shows a plan that was saved with -o FILE; a folder called show is ./show.
    """
    if file is not None:
        _refuse_to_save(file, paths)
    prepared = prepare(options.selection(paths, environment, project_file, strict=strict))
    plan = plan_of(prepared, refresh=refresh, ca_file=ca_file)
    if file is not None:
        save(plan, file)
    show_plan(plan, output, verbose=verbose)
    return code_of(plan, detailed=detailed_exitcode)


def prepare(selection: Selection) -> Prepared:
    """Resolve the selection, and tell on stderr what is worth a look."""
    from ringg_runner import pipeline
    from ringg_runner.report.findings import text
    from ringg_runner.times import SystemClock

    prepared = pipeline.prepare(selection, Path.cwd(), os.environ, SystemClock().now())
    warn(text.of_findings(prepared.findings, width()))
    return prepared


def plan_of(prepared: Prepared, *, refresh: bool, ca_file: Path | None = None) -> Plan:
    """Plan by what the ledger knows, and with `refresh` by what the server's list shows."""
    from ringg_runner.cli.memory import known_for_a_plan
    from ringg_runner.times import SystemClock

    known = known_for_a_plan(prepared)
    view = None
    if refresh:
        from ringg_runner.api.client import TimeLimits
        from ringg_runner.authoring.environments import read_key
        from ringg_runner.cli.connecting import look

        key = read_key(prepared.environment, os.environ)
        view = look(prepared, key, TimeLimits(), ca_file)
    return prepared.plan(SystemClock().now(), known, view)


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


def show_plan(plan: Plan, output: str, *, verbose: bool) -> None:
    """Write a plan to stdout."""
    from ringg_runner.report import documents, text

    if output == "json":
        show(documents.encode(documents.of_plan(plan)))
    else:
        show(*text.of_plan(plan, requests=verbose))
