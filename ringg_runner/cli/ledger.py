"""`ledger`: what was started, when and by which run; and the way for a person to settle a start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show
from ringg_runner.errors import ExitCode, InvalidInputError, RunnerError
from ringg_runner.report.formats import BY_NAME, OF_RUNS

if TYPE_CHECKING:
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.cli.reporting import Reports
    from ringg_runner.ledger.store import Ledger


@click.group("ledger", short_help="Show what was started, and settle what is not known.")
def command() -> None:
    """Show what was started, when and by which run, and settle what only a person can."""


@command.command("list")
@options.environment
@options.output_format("text", "json")
def list_entries(*, environment: str | None, project_file: Path | None, output: str) -> None:
    """List how every list stands that the ledger knows."""
    from ringg_runner.report import documents, memory

    target, ledger = _open(environment, project_file)
    with ledger:
        entries = ledger.entries(target.base_url)
    if output == "json":
        show(documents.encode(memory.entries_document(target, entries)))
    else:
        show(*memory.of_entries(entries))


@command.command("show")
@click.argument("list_id")
@options.environment
@options.output_format("text", "json")
def show_entry(
    *, list_id: str, environment: str | None, project_file: Path | None, output: str
) -> None:
    """Show how the list LIST_ID stands, and everything that happened to it."""
    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.records import Key
    from ringg_runner.report import documents, memory

    target, ledger = _open(environment, project_file)
    key = Key(target.base_url, ListId(list_id))
    with ledger:
        entry, rows = ledger.entry(key), ledger.trail(key)
    if entry is None:
        raise InvalidInputError(f"the ledger knows no list {list_id} in {target.name}")
    if output == "json":
        show(documents.encode(memory.export_document(target, [entry], rows)))
    else:
        show(*memory.of_trail(entry, rows))


@command.command("report")
@click.argument("run_id", required=False, default=None)
@options.environment
@options.output_format(*OF_RUNS)
@options.reports(plans=False, ci=False)
@click.option("-v", "--verbose", is_flag=True, help="Show each attempt.")
def report(
    *,
    run_id: str | None,
    environment: str | None,
    project_file: Path | None,
    output: str,
    reports: Reports,
    verbose: bool,
) -> int:
    """Tell what became of the run RUN_ID, as the ledger knows it, even where it was killed.

    By default it is the run that claimed last; in a CI job, of those of this job.
    """
    from ringg_runner.recall import recall
    from ringg_runner.times import SystemClock

    target, ledger = _open(environment, project_file)
    with ledger:
        run_id = run_id or _newest(ledger, target)
        rows = ledger.trail_of_run(target.base_url, run_id)
        run = recall(rows, target, ledger.known(target.base_url), SystemClock().now())
    if run is None:
        raise InvalidInputError(f"the ledger knows no run {run_id} in {target.name}")
    written = reports.of_run(run, verbose=verbose)
    show(BY_NAME[output].of_run(run, verbose=verbose))
    return ExitCode.OK if written else ExitCode.FAILED


@command.command("resolve")
@click.argument("list_id")
@click.option("--started", "state", flag_value="started", help="It did start.")
@click.option("--not-started", "state", flag_value="not_started", help="It did not start.")
@click.option("--reason", required=True, metavar="TEXT", help="How you know; kept for ever.")
@options.environment
def resolve(
    *,
    list_id: str,
    state: str | None,
    reason: str,
    environment: str | None,
    project_file: Path | None,
) -> None:
    """Settle the list LIST_ID, whose start nobody but a person can tell.

    Look it up in the Ringg dashboard first. What is settled as not started may be started again.
    """
    from uuid import uuid4

    from ringg_runner.campaigns import ListId
    from ringg_runner.ledger.records import Key, State
    from ringg_runner.running.whoami import run_info
    from ringg_runner.times import SystemClock

    if state is None:
        raise click.UsageError("say --started or --not-started")
    target, ledger = _open(environment, project_file)
    who = run_info(str(uuid4()), os.environ)
    with ledger:
        key = Key(target.base_url, ListId(list_id))
        entry = ledger.resolve(key, who, State(state), reason, now=SystemClock().now())
    show(f"{list_id} is settled: {entry.state.replace('_', ' ')}")


@command.command("verify")
@options.environment
def verify(*, environment: str | None, project_file: Path | None) -> int:
    """Check that the trail is whole: each row carries the hash of the one before it."""
    _, ledger = _open(environment, project_file)
    with ledger:
        broken, rows = ledger.verify(), len(ledger.trail())
    if broken is None:
        show(f"the trail is whole: {rows} rows")
        return ExitCode.OK
    where = "" if broken.number is None else f" at row {broken.number}"
    raise RunnerError(
        f"the trail is broken{where}: {broken.sentence}",
        "someone or something changed the ledger; compare it with an export or a backup",
    )


@command.command("export")
@options.environment
@options.output_format("json", "csv")
def export(*, environment: str | None, project_file: Path | None, output: str) -> None:
    """Write everything that the ledger holds of an environment."""
    from ringg_runner.report import documents, memory

    target, ledger = _open(environment, project_file)
    with ledger:
        entries = ledger.entries(target.base_url)
        rows = [row for row in ledger.trail() if row.key.base_url == target.base_url]
    if output == "json":
        show(documents.encode(memory.export_document(target, entries, rows)))
    else:
        show(memory.trail_csv(rows))


def _newest(ledger: Ledger, target: Environment) -> str:
    """Return the run that is meant where none is named; raises InvalidInputError for none."""
    from ringg_runner.running.whoami import run_info

    job = run_info("", os.environ).job_url
    newest = ledger.newest_run(target.base_url, job)
    if newest is not None:
        return newest.run_id
    other = ledger.newest_run(target.base_url)
    if other is None:
        raise InvalidInputError(f"the ledger knows no run in {target.name}: nothing was claimed")
    raise InvalidInputError(
        f"the ledger knows no run of this job in {target.name}: it claimed nothing",
        f"the newest there is {other}; name a run to see that one",
    )


def _open(environment: str | None, project_file: Path | None) -> tuple[Environment, Ledger]:
    """Open the ledger of an environment; raises LedgerError where there is none."""
    from ringg_runner.authoring import project
    from ringg_runner.authoring.environments import open_environment
    from ringg_runner.cli.memory import open_for

    chosen = project.load(project_file, Path.cwd())
    target = open_environment(chosen, environment, os.environ)
    return target, open_for(chosen, target, create=False)
