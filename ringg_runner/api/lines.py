"""A transport of httpx that is one connection to the API, made anew where it cannot go on.

httpx's own transport asks a pool for a connection, which takes a sixth of a request's processor
time (`benchmarks/`). How a connection is made, through whatever proxy, and what is said on it stays
httpcore's business.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Line(httpx.AsyncBaseTransport):
    """Sends one request after another, each when the answer before it was closed."""

    def __init__(self, maker: httpcore.AsyncConnectionPool) -> None:
        """Keep who makes connections, and is asked for nothing else."""
        self._maker = maker
        self._connection: httpcore.AsyncConnectionInterface | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, on the connection that is there if it can be trusted with another."""
        asked = httpcore.Request(
            request.method,
            url_for_httpcore(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        connection = self._connection
        if connection is None or not _can_go_on(connection, asked.url.origin):
            await self.aclose()
            connection = self._connection = self._maker.create_connection(asked.url.origin)
        with _failures_of_httpx():
            answer = await connection.handle_async_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _failures_of_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def url_for_httpcore(url: httpx.URL) -> httpcore.URL:
    """Return a URL in httpcore's form."""
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


@contextmanager
def _failures_of_httpx() -> Iterator[None]:
    """Raise what went wrong as httpx has it: by the same name."""
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.TimeoutException,
    ) as failure:
        raise getattr(httpx, type(failure).__name__)(str(failure)) from failure


def _can_go_on(connection: httpcore.AsyncConnectionInterface, origin: httpcore.Origin) -> bool:
    """Tell whether a connection leads there, is open and idle, and holds nothing unasked."""
    return (
        connection.can_handle_request(origin)
        and connection.is_available()
        and not connection.has_expired()
        and not holds_more(connection)
    )


def holds_more(connection: Any) -> bool:
    """Tell whether the parser holds bytes that no answer was made of.

    They would pass for the answer to the next request. There is no public way to ask httpcore.
    Where its inside is another, no connection is trusted with a second request: slower, and as
    safe.
    """
    try:
        rest, _ = connection._connection._h11_state.trailing_data
    except AttributeError:
        return True
    return bool(rest)
