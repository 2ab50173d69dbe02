"""`plan`: what an apply would do, without asking or telling anybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show, warn

if TYPE_CHECKING:
    from ringg_runner.pipeline import Planned, Selection


@click.command("plan", short_help="Show what an apply would start; needs no key and no network.")
@options.selecting
@options.output_format("text", "json")
@click.option("-v", "--verbose", is_flag=True, help="Show each request in full.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    output: str,
    verbose: bool,
) -> None:
    """Show what an apply would do with each campaign.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. Needs no key and no network; the same manifests give the
    same plan.
    """
    planned = make_plan(options.selection(paths, environment, project_file))
    show_plan(planned, output, verbose=verbose)


def make_plan(selection: Selection) -> Planned:
    """Plan the selection as things stand now, and tell on stderr what is worth a look."""
    from ringg_runner import pipeline
    from ringg_runner.report import text
    from ringg_runner.times import SystemClock

    planned = pipeline.make(selection, Path.cwd(), os.environ, SystemClock().now())
    warn(text.of_findings(planned.findings))
    return planned


def show_plan(planned: Planned, output: str, *, verbose: bool) -> None:
    """Write a plan to stdout."""
    from ringg_runner.report import documents, text

    if output == "json":
        show(documents.encode(documents.of_plan(planned.plan)))
    else:
        show(*text.of_plan(planned.plan, requests=verbose))
