"""`status`: manifests beside the ledger beside the server's list, once or until all are over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show
from ringg_runner.cli.plan import prepare
from ringg_runner.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from ringg_runner.api.server_list import View
    from ringg_runner.selecting import Criteria


@click.command("status", short_help="Show how each campaign stands: ledger and server.")
@options.selecting
@options.narrowing
@options.output_format("text", "json")
@options.network
@click.option("--no-refresh", is_flag=True, help="Never read the server's own list.")
@options.waiting("--watch", "Wait until all that started are over, and tell how they ended.")
def command(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    criteria: Criteria,
    output: str,
    ca_file: Path | None,
    no_refresh: bool,
    wait: options.Wait | None,
) -> int:
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
    key = None if no_refresh else read_key(prepared.environment, os.environ)
    known = known_for_a_plan(prepared)
    view: View | None = None
    waited = None
    if key and wait:
        from ringg_runner.cli.waiting import Waiter
        from ringg_runner.waiting import of_a_selection

        waiter = Waiter(prepared, key, wait, ca_file)
        waited = waiter.wait_for(of_a_selection(prepared.campaigns, known))
        view = waited.waiting.listing
        if known is not None:
            # Much can have happened since.
            known = known_for_a_plan(prepared)
    elif key:
        view = look(prepared, key, TimeLimits(), ca_file).view
    statuses = status.compare(prepared.campaigns, known, view)
    if output == "json":
        document = memory.status_document(prepared.environment, statuses, prepared.selected, waited)
        show(documents.encode(document))
    else:
        show(*memory.of_statuses(statuses, prepared.selected, waited))
    return waited.exit_code if waited else ExitCode.OK
