"""`plan show`: a saved plan, read as strictly as an apply reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say
from ringg_runner.cli.plan import show_plan
from ringg_runner.report.formats import OF_PLANS

if TYPE_CHECKING:
    from ringg_runner.cli.reporting import Reports


@click.command("plan show", short_help="Show a plan that was saved.")
@click.argument("file", type=click.Path(path_type=Path))
@options.no_color
@options.output_format(*OF_PLANS)
@options.reports(plans=True)
@options.detailed_exitcode
@click.option("-v", "--verbose", is_flag=True, help="Show each request in full.")
def command(
    *, file: Path, output: str, reports: Reports, detailed_exitcode: bool, verbose: bool
) -> int:
    """Show the plan that plan -o FILE saved, and how old it is.

    Needs no project file, no ledger, no key and no network. A file in which anything was changed is
    refused, with exit code 3, as apply --plan refuses it.
    """
    from ringg_runner.saved import files, reading, trust
    from ringg_runner.times import SystemClock

    saved = reading.read(files.read(file), str(file))
    say(f"{file} {trust.history(saved, SystemClock().now())}")
    return show_plan(saved.plan, output, reports, verbose=verbose, detailed=detailed_exitcode)
