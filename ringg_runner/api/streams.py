"""The bytes of a connection, by asyncio's own streams; it knows nothing of HTTP.

httpcore would have them from anyio, whose scopes and turns around each read and write take a fifth
of a request's processor time (`benchmarks/`). It has an interface for other ways, and this is one.
"""

from __future__ import annotations

import asyncio
import os
import re
import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

NEXT_ADDRESS = 0.25
"""After how many seconds a host's next address is tried beside the one before."""


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Connects over TCP."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002, nobody asks for one
        socket_options: Any = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect from whatever address; raises ConnectError or ConnectTimeout."""
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                reader, writer = await _connect(host, port)
        # What waits to be written has not left: whoever writes waits for all of it.
        writer.transport.set_write_buffer_limits(0)
        return AsyncioStream(reader, writer)


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection, in the clear or secured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep both ends."""
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came, nothing at the end; raises ReadError or ReadTimeout."""
        with _named(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it; raises WriteError or WriteTimeout."""
        with _named(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        """Close the connection; what is not written yet never leaves."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Secure the connection; raises ConnectError or ConnectTimeout, and has then closed it."""
        try:
            with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            await self.aclose()
            raise
        # With 0, TLS would take itself for full when nothing waits.
        self._writer.transport.set_write_buffer_limits(1)
        return AsyncioStream(self._reader, self._writer)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the object of TLS, and whether anything came unasked."""
        if info == "is_readable":
            return self._has_more()
        return self._writer.get_extra_info(info)

    def _has_more(self) -> bool:
        # Without a look into its buffer no connection is trusted with a second request.
        if self._writer.is_closing() or getattr(self._reader, "_buffer", True):
            return True
        waiting = select.poll()
        waiting.register(self._writer.get_extra_info("socket"), select.POLLIN)
        return bool(waiting.poll(0))


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(host, port, happy_eyeballs_delay=NEXT_ADDRESS)
    except OSError as failure:
        # What went wrong with several addresses comes as one text; the last one stands for all.
        codes = re.findall(r"\[Errno (\d+)\]", str(failure))
        if failure.errno is not None or not codes:
            raise
        raise OSError(int(codes[-1]), os.strerror(int(codes[-1]))) from failure


@contextmanager
def _named(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Raise what went wrong as httpcore names it."""
    try:
        yield
    except TimeoutError as failure:
        raise late(str(failure)) from failure
    except OSError as failure:
        raise failed(str(failure)) from failure
