"""`status`: manifests beside the ledger beside the server's own list."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show
from ringg_runner.cli.plan import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from ringg_runner.selecting import Criteria


@click.command("status", short_help="Show how each campaign stands: ledger and server.")
@options.selecting
@options.narrowing
@options.output_format("text", "json")
@options.network
@click.option("--no-refresh", is_flag=True, help="Never read the server's own list.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    criteria: Criteria,
    output: str,
    ca_file: Path | None,
    no_refresh: bool,
) -> None:
    """Show each campaign beside what the ledger knows and what the server's list says.

    Changes nothing.
    """
    from ringg_runner import status
    from ringg_runner.api.client import TimeLimits
    from ringg_runner.authoring.environments import read_key
    from ringg_runner.cli.connecting import look
    from ringg_runner.cli.memory import known_for_a_plan
    from ringg_runner.report import documents, memory

    prepared = prepare(options.selection(paths, environment, project_file, criteria))
    view = None
    if not no_refresh:
        key = read_key(prepared.environment, os.environ)
        view = look(prepared, key, TimeLimits(), ca_file).view
    statuses = status.compare(prepared.campaigns, known_for_a_plan(prepared), view)
    if output == "json":
        document = memory.status_document(prepared.environment, statuses, prepared.selected)
        show(documents.encode(document))
    else:
        show(*memory.of_statuses(statuses, prepared.selected))
