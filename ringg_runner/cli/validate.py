"""`validate`: every finding in every file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show, width
from ringg_runner.errors import ExitCode, UsageError
from ringg_runner.report.findings import FORMATS, lines


@click.command(
    "validate", short_help="Check manifests: every mistake in every file, with its place."
)
@options.selecting
@options.strict
@options.output_format(*FORMATS)
@click.option(
    "--stdin-filename",
    "stdin",
    metavar="NAME",
    type=click.Path(path_type=Path),
    help="The file that standard input stands for: its name, its project, its kind.",
)
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    strict: bool,
    output: str,
    stdin: Path | None,
) -> int:
    """Check manifests, and tell every mistake in every file with its place.

    PATH is a file, a folder, which is searched for .yaml and .yml, or - for standard input; by
    default what the project file lists. A file ringg-runner.yaml is checked as the project file
    that it is. Every environment of the project is checked, or the one that --env names. Nothing
    is sent.
    """
    from ringg_runner import pipeline
    from ringg_runner.times import SystemClock

    if stdin and Path("-") not in paths:
        raise UsageError("--stdin-filename says what standard input is", "add - to the paths")
    chosen = options.selection(paths, environment, project_file, strict=strict)
    selection = replace(chosen, stdin=stdin)
    checked = pipeline.check(selection, Path.cwd(), os.environ, SystemClock().now())
    show(*lines(checked, output, width()))
    return ExitCode.INVALID if checked.errors else ExitCode.OK
