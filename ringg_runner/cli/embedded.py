"""The embedded sandbox as a transport: the one place where the program meets its own API."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringg_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from ringg_runner.environments import Environment


@contextmanager
def transport_to(
    environment: Environment, state: Path
) -> Iterator[httpx.AsyncBaseTransport | None]:
    """Open the way to an environment: None is the network, else the sandbox in this process.

    `state` is the folder in which the sandbox remembers. Raises RunnerError where it cannot.
    """
    if not environment.embedded:
        yield None
        return
    import httpx

    from ringg_runner import sandbox

    try:
        store = sandbox.Store(state / "sandbox.db")
    except sandbox.StoreError as failure:
        raise RunnerError(str(failure), "remove the file to begin with an empty sandbox") from None
    with store:
        app = sandbox.create_app(store, sandbox.Workspace())
        yield httpx.ASGITransport(app, raise_app_exceptions=False)
