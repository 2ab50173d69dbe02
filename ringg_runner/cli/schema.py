"""`schema`: prints a JSON Schema, for editors and other tools."""

from __future__ import annotations

import click

from ringg_runner.authoring import schemas
from ringg_runner.cli.output import show


@click.command("schema", short_help="Print a JSON Schema, for editors and other tools.")
@click.argument("name", type=click.Choice(schemas.NAMES))
def command(name: str) -> None:
    """Print the JSON Schema NAME.

    campaign and project are for what people write, the others for what --format json writes.
    """
    show(schemas.text(name).rstrip("\n"))
