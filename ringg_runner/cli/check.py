"""`check`: tests the key and the connection, and starts nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import show

if TYPE_CHECKING:
    from ringg_runner.api.answers import Reply
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.redaction import Secret


@click.command("check", short_help="Test the key and the connection; starts nothing.")
@options.environment
@options.network
def command(*, environment: str | None, project_file: Path | None, ca_file: Path | None) -> None:
    """Ask the API of an environment which workspace its key belongs to. Starts nothing."""
    import asyncio

    from ringg_runner.api.workspace import read_workspace
    from ringg_runner.authoring import project
    from ringg_runner.authoring.environments import open_environment, read_key

    chosen = project.load(project_file, Path.cwd())
    target = open_environment(chosen, environment, os.environ)
    key = read_key(target, os.environ)
    show(f"environment {target.name} ({target.base_url})")
    workspace = read_workspace(asyncio.run(_ask(chosen, target, key, ca_file)))
    show(f"key accepted: workspace {workspace}")


async def _ask(chosen: Project, target: Environment, key: Secret, ca_file: Path | None) -> Reply:
    from ringg_runner.api.client import TimeLimits
    from ringg_runner.cli.connecting import open_client

    async with open_client(chosen, target, key, TimeLimits(), ca_file) as client:
        return await client.workspace()
