"""Talks HTTP: one request in, one reply out, the key in the header and nowhere else.

It owns time limits, bounds and the border between *not sent* and *lost*. It never repeats a
request, never follows a redirect (the key would travel with it), and never says what a reply means.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from ringg_runner import __version__
from ringg_runner.api.answers import MAX_BODY, Lost, NotSent, Reply, read_answer
from ringg_runner.api.connections import Connections, open_connections
from ringg_runner.redaction import Redactor, Secret, showable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ringg_runner.campaigns import StartRequest

USER_AGENT = f"ringg-runner/{__version__}"

MAX_PAGE = 4 * 1_048_576
"""How many bytes of a page of the server's list are read."""

# The request's first byte has not left when one of these is raised: no connection came about.
# Whatever else goes wrong goes wrong too late to know.
_BEFORE_THE_FIRST_BYTE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """In seconds: `answer` is for the whole exchange, the last byte of the answer included."""

    answer: float = 30.0
    connect: float = 10.0

    def for_httpx(self) -> dict[str, float | None]:
        """Return the limits of the single steps; TCP and TLS each have the time to connect."""
        return httpx.Timeout(self.answer, connect=min(self.connect, self.answer / 3)).as_dict()


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One API, reached with one key."""

    base_url: str
    headers: httpx.Headers = field(repr=False)
    connections: Connections
    limits: TimeLimits
    redactor: Redactor

    async def start(self, request: StartRequest) -> Reply:
        """Send one start request, once."""
        private = (request.callback_url or "",) if request.private else ()
        return await self._exchange("POST", request.url, request.body, private)

    async def workspace(self) -> Reply:
        """Ask `GET /workspace`, the simplest check of a key; the answer may echo the key."""
        return await self._exchange("GET", f"{self.base_url}/workspace")

    async def campaigns(self, limit: int, offset: int) -> Reply:
        """Ask `GET /campaign/all` for one page of the server's list."""
        url = f"{self.base_url}/campaign/all?limit={limit}&offset={offset}"
        return await self._exchange("GET", url, bound=MAX_PAGE)

    async def _exchange(
        self,
        method: str,
        url: str,
        body: Any = None,
        private: tuple[str, ...] = (),
        bound: int = MAX_BODY,
    ) -> Reply:
        redactor = self.redactor.also(*private)
        limits = {"timeout": self.limits.for_httpx()}
        request = httpx.Request(method, url, headers=self.headers, json=body, extensions=limits)
        try:
            async with asyncio.timeout(self.limits.answer):
                with self.connections.one() as transport:
                    response = await transport.handle_async_request(request)
                    try:
                        content = await _read(response, bound)
                    finally:
                        await response.aclose()
        except _BEFORE_THE_FIRST_BYTE as failure:
            host = request.url.netloc.decode()
            return NotSent(f"no connection to {host}: {_in_words(failure, redactor)}")
        except (TimeoutError, httpx.TimeoutException):
            return Lost(f"no whole answer within {self.limits.answer:g} s")
        except (httpx.RequestError, zlib.error) as failure:
            return Lost(f"the answer was lost: {_in_words(failure, redactor)}")
        return read_answer(response.status_code, response.headers, content, redactor)


@asynccontextmanager
async def connect(
    base_url: str,
    key: Secret,
    *,
    limits: TimeLimits,
    ca_file: Path | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[ApiClient]:
    """Open a client for an API; `transport` stands in for the network where it is given.

    Raises UsageError as `open_connections` does.
    """
    headers = httpx.Headers(
        {
            "X-API-KEY": key.reveal(),
            "Accept": "application/json",
            "Accept-Language": "en",
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
        }
    )
    async with open_connections(base_url, ca_file=ca_file, transport=transport) as connections:
        yield ApiClient(base_url, headers, connections, limits, Redactor.of(key.reveal()))


async def _read(response: httpx.Response, bound: int) -> bytes:
    """Return the body's first `bound` bytes, unpacked; the rest is left on the wire."""
    unpack = _unpacking(response.headers.get("content-encoding", "identity"))
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += unpack(chunk, bound - len(body))
        if len(body) >= bound:
            break
    return bytes(body)


def _unpacking(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks a chunk of an answer to so many bytes at most.

    Nobody asked for a packed answer. One that comes all the same is never unpacked further than it
    is read.
    """
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
    return lambda chunk, size: chunk[:size]


def _in_words(failure: Exception, redactor: Redactor) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return showable(f"the server's certificate is not trusted: {cause.verify_message}")
        cause = cause.__cause__ or cause.__context__
    return showable(redactor.hide(str(failure)).rstrip(".") or type(failure).__name__, 200)
