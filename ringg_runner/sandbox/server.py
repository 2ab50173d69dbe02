"""The sandbox on a loopback port, until a signal ends it.

Owns the socket, its connections and the signals; what is served comes from `app`.
"""

import asyncio
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ringg_runner.sandbox.faults import AnswerLostError

HOST = "127.0.0.1"
_GRACE_SECONDS = 5


def bind(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes any free one. Raises OSError as it comes.

    It listens at once, so a client that reads the address before `serve` runs only waits.
    """
    return socket.create_server((HOST, port))


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves until SIGTERM, then returns; or until SIGINT, then raises KeyboardInterrupt.

    Either way the running requests are finished first, for five seconds at most, and the socket
    is closed. Must run in the main thread. Failures go to the logger `uvicorn.error`, which is
    left as the caller set it up.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)

    # uvicorn raises the signal again once it has shut down, for the handler that was there before
    # it. The default one would kill the process with a failing status and an open store.
    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        server.run(sockets=[sock])
    finally:
        signal.signal(signal.SIGTERM, before)
        sock.close()


class _Connection(H11Protocol):
    """A connection that ends without a byte where the app raises AnswerLostError.

    ASGI has no way to say so: whatever an app raises or leaves out, uvicorn answers 500.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._answering, self.app = self.app, self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answering(scope, receive, send)
        except AnswerLostError:
            self.transport.close()
            # Until uvicorn knows that the connection is gone, it would still answer.
            while (await receive())["type"] != "http.disconnect":
                pass
