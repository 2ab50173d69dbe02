"""The sandbox on a loopback port, until a signal ends it.

Owns the socket and the signals; what is served comes from `app`.
"""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

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
        http="h11",
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
