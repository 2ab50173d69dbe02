"""`validate`: every finding in every file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show
from ringg_runner.errors import ExitCode


@click.command(
    "validate", short_help="Check manifests: every mistake in every file, with its place."
)
@options.selecting
@options.strict
@options.output_format("text", "json")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    strict: bool,
    output: str,
) -> int:
    """Check manifests, and tell every mistake in every file with its place.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. Every environment of the project is checked, or the one
    that --env names. Nothing is sent.
    """
    from ringg_runner import pipeline
    from ringg_runner.report import documents, text
    from ringg_runner.times import SystemClock

    selection = options.selection(paths, environment, project_file, strict=strict)
    checked = pipeline.check(selection, Path.cwd(), os.environ, SystemClock().now())
    if output == "json":
        show(documents.encode(documents.of_check(checked)))
    else:
        show(*text.of_check(checked))
    return ExitCode.INVALID if checked.errors else ExitCode.OK
