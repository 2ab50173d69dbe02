"""`sandbox`: serves the embedded API on loopback."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli.output import show
from ringg_runner.errors import InvalidInputError, RunnerError

if TYPE_CHECKING:
    from ringg_runner.sandbox import Fault

_SECONDS = click.FloatRange(0, 10**9)


def _a_number(_ctx: click.Context, _option: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and math.isnan(seconds):  # which no range excludes
        raise click.BadParameter("nan is no number of seconds.")
    return seconds


def _faults(
    _ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> tuple[Fault, ...]:
    if not texts:
        return ()
    from ringg_runner.sandbox import parse_fault

    try:
        return tuple(map(parse_fault, texts))
    except ValueError as problem:
        raise click.BadParameter(f"{problem}.") from None


@click.command("sandbox", short_help="Serve the embedded API on loopback, to rehearse against.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes any that is free.",
)
@click.option(
    "--workspace",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A YAML file with the ids that exist; by default all do that do not begin with unknown-.",
)
@click.option("--api-key", metavar="KEY", help="The only key to accept; by default any.")
@click.option(
    "--error-style",
    type=click.Choice(["message", "detail"]),
    default="message",
    show_default=True,
    help="The key under which errors say what is wrong.",
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path(".ringg-runner/sandbox.db"),
    show_default=True,
    help="Where the sandbox remembers what was started.",
)
@click.option(
    "--call-seconds",
    metavar="SECONDS",
    type=_SECONDS,
    callback=_a_number,
    help="How long a campaign is ongoing before it is completed; by default it never is.",
)
@click.option(
    "--fault",
    "faults",
    metavar="KIND:LIST_ID[:TIMES]",
    multiple=True,
    callback=_faults,
    help="Let a list go wrong, so many times or for ever; may be repeated. The id * is every list.",
)
@click.option(
    "--fault-seconds",
    metavar="SECONDS",
    type=_SECONDS,
    default=60.0,
    show_default=True,
    callback=_a_number,
    help="How long a fault lasts that takes time: late, lagging and preparing.",
)
@click.option(
    "--list-fault",
    type=click.Choice(["unreadable", "missing", "shape", "shuffled"]),
    help="Let the list of all campaigns go wrong.",
)
def command(
    *,
    port: int,
    workspace: Path | None,
    api_key: str | None,
    error_style: str,
    state: Path,
    call_seconds: float | None,
    faults: tuple[Fault, ...],
    fault_seconds: float,
    list_fault: str | None,
) -> None:
    """Serve the embedded Ringg API on 127.0.0.1 until SIGTERM or Ctrl-C.

    The first line on stdout is its base URL.
    """
    from ringg_runner import sandbox
    from ringg_runner.cli.connecting import open_store

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        world = sandbox.load_workspace(workspace) if workspace else sandbox.Workspace()
    except sandbox.WorkspaceError as failure:
        raise InvalidInputError(str(failure)) from None
    try:
        socket = sandbox.bind(port)
    except OSError as failure:
        raise RunnerError(
            f"port {port} cannot be had: {failure.strerror}", "choose another --port; 0 is any"
        ) from None
    with socket, open_store(state) as store:
        app = sandbox.create_app(
            store,
            world,
            api_key=api_key,
            error_style=sandbox.ErrorStyle(error_style),
            call_seconds=call_seconds,
            faults=faults,
            list_fault=sandbox.ListFault(list_fault) if list_fault else None,
            fault_seconds=fault_seconds,
        )
        host, bound = socket.getsockname()
        show(f"http://{host}:{bound}{sandbox.BASE_PATH}")
        sandbox.serve(app, socket)
