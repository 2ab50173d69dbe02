"""Opens the way from a command to an API: over the network, or to the sandbox in this process.

The one place where the program meets its own sandbox.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner import sandbox
from ringg_runner.api.client import ApiClient, TimeLimits, connect
from ringg_runner.api.server_list import Unreadable, View, read_list
from ringg_runner.api.workspace import KeyHolder, key_holder
from ringg_runner.cli.output import say
from ringg_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.prepared import Prepared
    from ringg_runner.redaction import Secret


@asynccontextmanager
async def open_client(
    project: Project,
    environment: Environment,
    key: Secret,
    limits: TimeLimits,
    ca_file: Path | None = None,
) -> AsyncIterator[ApiClient]:
    """Open a client for an environment of a project.

    Raises RunnerError where the embedded sandbox cannot keep what it has to remember, and
    UsageError where `ca_file` or the environment's proxy cannot be used.
    """
    with _transport(environment, project.state) as transport:
        async with connect(
            environment.base_url, key, limits=limits, ca_file=ca_file, transport=transport
        ) as client:
            yield client


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API was asked for a plan: its list, and whose key it is; None where it was not."""

    view: View | None = None
    holder: KeyHolder | None = None


def look(
    prepared: Prepared,
    key: Secret,
    limits: TimeLimits,
    ca_file: Path | None,
    *,
    at_list: bool = True,
) -> Seen:
    """Read the server's list once, and whose key it is where a guard wants to know.

    Where the list cannot be read, that is said on stderr. Raises KeyRefusedError where the guard
    wants to know and the key is not accepted.
    """
    project, environment = prepared.project, prepared.environment

    async def read() -> Seen:
        async with open_client(project, environment, key, limits, ca_file) as client:
            asks = environment.guards.workspace is not None
            holder = key_holder(await client.workspace()) if asks else None
            return Seen(await read_list(client) if at_list else None, holder)

    if not at_list and environment.guards.workspace is None:
        return Seen()
    seen = asyncio.run(read())
    if isinstance(seen.view, Unreadable):
        say(f"the server's list is not read: {seen.view.reason}", "warning")
    return seen


@contextmanager
def _transport(environment: Environment, state: Path) -> Iterator[httpx.AsyncBaseTransport | None]:
    """Open the sandbox, which remembers in the folder `state`; None is the network."""
    if not environment.embedded:
        yield None
        return
    with open_store(state / "sandbox.db") as store:
        app = sandbox.create_app(store, sandbox.Workspace())
        yield sandbox.InProcess(app)


def open_store(path: Path) -> sandbox.Store:
    """Open what a sandbox remembers; raises RunnerError where it cannot."""
    try:
        return sandbox.Store(path)
    except sandbox.StoreError as failure:
        raise RunnerError(str(failure), "remove the file to begin with an empty sandbox") from None
