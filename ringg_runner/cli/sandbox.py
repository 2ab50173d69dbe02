"""`sandbox`: serves the embedded API on loopback."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from ringg_runner.cli.output import show
from ringg_runner.errors import InvalidInputError, RunnerError


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
def command(
    *, port: int, workspace: Path | None, api_key: str | None, error_style: str, state: Path
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
            store, world, api_key=api_key, error_style=sandbox.ErrorStyle(error_style)
        )
        host, bound = socket.getsockname()
        show(f"http://{host}:{bound}{sandbox.BASE_PATH}")
        sandbox.serve(app, socket)
