"""`init`: writes a project to begin with."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import options
from ringg_runner.cli.output import say, show
from ringg_runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.redaction import Secret
    from ringg_runner.starter.files import Target
    from ringg_runner.starter.inventory import Inventory


@click.command("init", short_help="Write a project to begin with; overwrites nothing.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--from-api", is_flag=True, help="Name what an API lists: agents, lists, pools and users."
)
@click.option("--env", "environment", metavar="NAME", help="What that API is called: production.")
@click.option("--base-url", metavar="URL", help="Where that API is; by default Ringg's.")
@click.option("--api-key-env", metavar="VARIABLE", help="The variable with its key: RINGG_API_KEY.")
@options.network
def command(
    *,
    folder: Path,
    from_api: bool,
    environment: str | None,
    base_url: str | None,
    api_key_env: str | None,
    ca_file: Path | None,
) -> None:
    """Write a project to begin with into DIR: this folder, or another, which is made.

    It holds a project file, a campaign, and the schemas by which editors check both, and can be
    applied to the sandbox as it is. Nothing is ever overwritten: where one of the files exists,
    none is written.
    """
    import asyncio

    from ringg_runner.authoring import schemas
    from ringg_runner.authoring.environments import read_key
    from ringg_runner.starter import files, writing

    texts = {name: schemas.text(name) for name in files.SCHEMAS}
    writing.refuse_to_overwrite(folder, files.starter(texts))
    target = None
    if from_api:
        api = _environment(environment, base_url, api_key_env)
        target = _target(api, asyncio.run(_ask(api, read_key(api, os.environ), ca_file)))
    elif environment or base_url or api_key_env or ca_file:
        raise UsageError("these options say which API to ask", "add --from-api")
    written = files.starter(texts, target)
    writing.write_all(folder, written)
    show(*(f"wrote {folder / path}" for path in written), "", *_next(folder))


def _next(folder: Path) -> list[str]:
    where = "" if folder == Path() else f", in {shlex.quote(str(folder))}"
    return [
        f"Next{where}:",
        "  ringg-runner validate",
        "  ringg-runner plan",
        "  ringg-runner apply       # to the sandbox: nobody is called",
    ]


def _environment(name: str | None, base_url: str | None, api_key_env: str | None) -> Environment:
    """Return the environment that the options name; raises UsageError where one is none."""
    from ringg_runner.authoring.environments import BASE_URL, Environment
    from ringg_runner.authoring.project import PRODUCTION, SANDBOX
    from ringg_runner.authoring.urls import HINT, base_url_problem
    from ringg_runner.starter.names import is_name

    name = name or PRODUCTION
    if name == SANDBOX:
        raise UsageError("the sandbox lists nothing of yours", "choose another name with --env")
    for text in (name, api_key_env or "RINGG_API_KEY"):
        if not is_name(text):
            raise UsageError(f"{text} is not a name", "a name has no white space and no dots")
    if problem := base_url_problem(base_url or BASE_URL):
        raise UsageError(f"--base-url {problem}", HINT)
    url = (base_url or BASE_URL).rstrip("/")
    return Environment(name, url, False, {}, api_key_env or "RINGG_API_KEY")


def _target(api: Environment, inventory: Inventory) -> Target:
    """Return what fills the project, and tell on stderr what is not known of it.

    Raises RunnerError where nothing could be read.
    """
    from ringg_runner.starter.files import Target

    if inventory.is_empty:
        raise RunnerError(
            f"nothing was written: {api.base_url} lists nothing: {'; '.join(inventory.unread)}",
            "check --base-url and the network; ringg-runner init without --from-api asks nobody",
        )
    for name, group in inventory.groups.items():
        for remark in group.remarks:
            say(f"{name}: {remark}")
    target = Target(api.name, api.base_url, api.api_key_env, inventory)
    for name in target.missing:
        say(f"{name}: none known; until one is in the project file, validate says so")
    return target


async def _ask(api: Environment, key: Secret, ca_file: Path | None) -> Inventory:
    from ringg_runner.api.client import TimeLimits, connect
    from ringg_runner.api.workspace import read_workspace
    from ringg_runner.starter import inventory

    async with connect(api.base_url, key, limits=TimeLimits(), ca_file=ca_file) as client:
        workspace = read_workspace(await client.workspace())
        say(f"workspace {workspace}")
        return await inventory.take(client)
