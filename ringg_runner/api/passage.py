"""How far a request came: the border between *not sent* and *lost*, as the transport tells it.

Silence proves nothing. Only a transport that said that it connects, and did not say that it begins
to write, has surely sent nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

# A transport that tells nothing of its steps raises these before the first byte only.
_BEFORE_THE_FIRST_BYTE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """In seconds: `answer` is for the whole exchange, the last byte of the answer included.

    Within `leave` the request has been written, through whatever proxy: who holds a claim has to
    know how long it can still be on its way out. TCP and TLS each have the time to `connect`.
    """

    answer: float = 30.0
    connect: float = 10.0
    leave: float = 30.0

    def for_httpx(self) -> dict[str, float | None]:
        """Return the limit of connecting; a passage bounds all other steps itself."""
        return {"connect": min(self.connect, self.answer / 3)}


@dataclass(slots=True)
class Passage:
    """One request on its way; `limit` is how many seconds it has until the step it is at ends."""

    limits: TimeLimits
    limit: float = 0.0
    _connecting: bool = field(default=False, init=False)
    _leaving: bool = field(default=False, init=False)
    _begun: float = field(default=0.0, init=False)
    _deadline: asyncio.Timeout = field(init=False)

    def bounded(self) -> asyncio.Timeout:
        """Return the time limit for the block in which the request is made."""
        self._begun = asyncio.get_running_loop().time()
        self.limit = self.limits.answer
        self._deadline = asyncio.timeout_at(self._begun + self.limit)
        return self._deadline

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a step; the transport calls this before it begins one, and at its end."""
        if event == "connection.connect_tcp.started":
            self._connecting = True
            self._end_after(self.limits.leave)
        elif event == "http11.send_request_headers.started":
            # What is asked of a proxy is no request yet.
            self._leaving = info["request"].method != b"CONNECT"
            self._end_after(self.limits.leave)
        elif event == "http11.send_request_body.complete" and self._leaving:
            self._end_after(self.limits.answer)

    def has_surely_not_left(self, failure: Exception) -> bool:
        """Tell whether a request that ended in this failure surely left no byte with the server."""
        connecting = self._connecting or isinstance(failure, _BEFORE_THE_FIRST_BYTE)
        return connecting and not self._leaving

    def _end_after(self, seconds: float) -> None:
        seconds = min(seconds, self.limits.answer)
        if seconds != self.limit:
            self.limit = seconds
            self._deadline.reschedule(self._begun + seconds)
