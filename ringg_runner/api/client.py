"""Talks HTTP: one request in, one reply out, the key in the header and nowhere else.

It owns bounds and the words for what went wrong on the way. It never repeats a request, never
follows a redirect (the key would travel with it), and never says what a reply means.
"""

from __future__ import annotations

import os
import socket
import ssl
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from ringg_runner import __version__
from ringg_runner.api.answers import MAX_BODY, Lost, NotSent, Reply, read_answer
from ringg_runner.api.connections import Connections, open_connections
from ringg_runner.api.passage import Passage, TimeLimits
from ringg_runner.redaction import Redactor, Secret, showable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from ringg_runner.campaigns import StartRequest

__all__ = ["ApiClient", "TimeLimits", "connect"]

USER_AGENT = f"ringg-runner/{__version__}"

MAX_PAGE = 4 * 1_048_576
"""How many bytes of a page of a list are read."""


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
        return await self.page("/campaign/all", limit, offset)

    async def page(self, path: str, limit: int, offset: int) -> Reply:
        """Ask for one page of whatever the API lists at a path."""
        url = f"{self.base_url}{path}?limit={limit}&offset={offset}"
        return await self._exchange("GET", url, bound=MAX_PAGE)

    async def _exchange(
        self,
        method: str,
        url: str,
        body: Any = None,
        private: tuple[str, ...] = (),
        bound: int = MAX_BODY,
    ) -> Reply:
        redactor = self.redactor.also(*private) if private else self.redactor
        passage = Passage(self.limits)
        steps = {"timeout": self.limits.for_httpx(), "trace": passage.trace}
        target, headers = _parsed(url), self.headers
        request = httpx.Request(method, target, headers=headers, json=body, extensions=steps)
        try:
            async with passage.bounded():
                with self.connections.one() as transport:
                    response = await transport.handle_async_request(request)
                    try:
                        content = await _read(response, bound)
                    finally:
                        await response.aclose()
        except (httpx.RequestError, OSError, zlib.error) as failure:
            late = isinstance(failure, TimeoutError | httpx.TimeoutException)
            if passage.has_surely_not_left(failure):
                why = "it took too long" if late else _in_words(failure, redactor)
                way = f"{request.url.netloc.decode()}{self.connections.by_way_of}"
                return NotSent(f"no connection to {way}: {why}")
            if late:
                return Lost(f"no whole answer within {passage.limit:g} s")
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
        redactor = Redactor.of(key.reveal(), *connections.secrets)
        yield ApiClient(base_url, headers, connections, limits, redactor)


@lru_cache
def _parsed(url: str) -> httpx.URL:
    """Return a URL, taken apart once: all starts go to the same one."""
    return httpx.URL(url)


async def _read(response: httpx.Response, bound: int) -> bytes:
    """Return the body's first `bound` bytes, unpacked; the rest is left on the wire."""
    unpack = _unpacking(response.headers.get("content-encoding", "identity"))
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:
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
    """Return what went wrong, as far down as somebody knows."""
    said = str(failure).rstrip(".")
    for cause in _causes(failure):
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = f"the server's certificate is not trusted: {cause.verify_message}"
        elif isinstance(cause, ssl.SSLError):
            reason = str(getattr(cause, "reason", None) or said)
            said = f"TLS failed: {reason.replace('_', ' ').lower()}"
        elif isinstance(cause, OSError) and cause.errno is not None:
            # A resolver counts its errors for itself, and has words of its own.
            resolving = isinstance(cause, socket.gaierror)
            said = str(cause.strerror) if resolving else os.strerror(cause.errno)
    return showable(redactor.hide(said) or type(failure).__name__, 200)


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield a failure and what led to it, of several at a time the first."""
    cause: BaseException | None = failure
    while cause is not None:
        yield cause
        inner = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
        cause = inner or cause.__cause__ or cause.__context__
