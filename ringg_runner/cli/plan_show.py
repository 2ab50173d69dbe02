"""`plan show`: a saved plan, read as strictly as an apply reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show
from ringg_runner.cli.plan import code_of, show_plan

if TYPE_CHECKING:
    from ringg_runner.errors import ExitCode


@click.command("plan show", short_help="Show a plan that was saved.")
@click.argument("file", type=click.Path(path_type=Path))
@options.no_color
@options.output_format("text", "json")
@options.detailed_exitcode
@click.option("-v", "--verbose", is_flag=True, help="Show each request in full.")
def command(*, file: Path, output: str, detailed_exitcode: bool, verbose: bool) -> ExitCode:
    """Show the plan that plan -o FILE saved, and how old it is.

    Needs no project file, no ledger, no key and no network. A file in which anything was changed is
    refused, with exit code 3, as apply --plan refuses it.
    """
    from ringg_runner.saved import files, reading, sealing, trust
    from ringg_runner.times import SystemClock

    saved = reading.read(files.read(file), str(file))
    say(f"{file} {trust.history(saved, SystemClock().now())}")
    if output == "json":
        show(sealing.text_of(saved).removesuffix("\n"))
    else:
        show_plan(saved.plan, output, verbose=verbose)
    return code_of(saved.plan, detailed=detailed_exitcode)
