"""An API that counts what it starts, fast enough not to be what is measured.

`python benchmarks/counting_server.py` prints its port and serves until it is killed. It speaks just
enough HTTP for a client that means well, answers after `--latency` seconds, and can go wrong in
four ways, each for a share of the start requests: it loses the answer, sends it too late, says 503,
or says 429. What is lost, late or 503 was started in half the cases. `GET /starts` returns how
often each list was started; it is the truth about the client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE_PATH = "/ca/api/v0"

STARTED = {"status": "campaign registered successfully!", "has_ongoing_calls": False}
ALREADY = {"message": "campaign already started"}


def response(status: int, data: object, *headers: str) -> bytes:
    """Return an answer as it goes over the wire."""
    body = json.dumps(data).encode()
    lines = (f"HTTP/1.1 {status} Said", "content-type: application/json", *headers)
    head = "\r\n".join((*lines, f"content-length: {len(body)}", "", ""))
    return head.encode() + body


REGISTERED = response(200, STARTED)


@dataclass
class Api:
    """What was started, and how this API goes wrong."""

    latency: float = 0.0
    lost: float = 0.0
    late: float = 0.0
    unavailable: float = 0.0
    throttled: float = 0.0
    late_seconds: float = 5.0
    lists: Sequence[str] | None = None
    chance: random.Random = field(default_factory=random.Random)
    starts: Counter[str] = field(default_factory=Counter)
    requests: int = 0

    def post(self, list_id: str) -> tuple[float, bytes | None]:
        """Return after how long a start is answered, and with what; None closes the connection."""
        self.requests += 1
        fate, happens = self.chance.random(), self.chance.random() < 0.5
        for share, delay, answer in (
            (self.lost, self.latency, None),
            (self.late, self.late_seconds, REGISTERED),
            (self.unavailable, self.latency, response(503, {"message": "unavailable"})),
        ):
            if fate < share:
                if happens:
                    self.starts[list_id] += 1
                return delay, answer
            fate -= share
        if fate < self.throttled:
            return self.latency, response(429, {"message": "slow down"}, "retry-after: 0")
        self.starts[list_id] += 1
        return self.latency, REGISTERED

    def get(self, target: str) -> bytes:
        """Return what a GET is answered: the list of campaigns, or the truth."""
        url = urlsplit(target)
        if url.path == "/starts":
            return response(200, {"starts": self.starts, "requests": self.requests})
        if self.lists is None or url.path != f"{BASE_PATH}/campaign/all":
            return response(403, {"message": "Forbidden"})
        query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
        limit, offset = query["limit"], query["offset"]
        shown = [
            {"id": list_id, "campaign_status": "ongoing" if self.starts[list_id] else "draft"}
            for list_id in self.lists[offset : offset + limit]
        ]
        pagination = {"total": len(self.lists), "limit": limit, "offset": offset}
        return response(200, {"campaigns": shown, "pagination": pagination})


class Connection(asyncio.Protocol):
    """One connection, whose requests come one after the other."""

    def __init__(self, api: Api) -> None:
        """Keep the API that all connections share."""
        self._api = api
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, rest = self._buffer[:end], self._buffer[end + 4 :]
            size = _content_length(head)
            if len(rest) < size:
                return
            body, self._buffer = rest[:size], rest[size:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if method == "POST":
                delay, answer = self._api.post(json.loads(body)["list_id"])
            else:
                delay, answer = 0.0, self._api.get(target)
            self._answer(delay, answer)

    def _answer(self, delay: float, answer: bytes | None) -> None:
        def say() -> None:
            if answer is None:
                self._transport.abort()
            else:
                self._transport.write(answer)

        if delay:
            asyncio.get_running_loop().call_later(delay, say)
        else:
            say()


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(api: Api) -> None:
    """Serve on a free port of loopback, and print it."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    for share in ("lost", "late", "unavailable", "throttled"):
        parser.add_argument(f"--{share}", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--late-seconds", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--lists", type=int, metavar="N", help="show list-0 to list-N")
    parser.add_argument("--seed", type=int, default=0)
    chosen = vars(parser.parse_args())
    count, seed = chosen.pop("lists"), chosen.pop("seed")
    lists = None if count is None else [f"list-{n}" for n in range(count)]
    chance = random.Random(seed)  # noqa: S311, chosen so that a run can be repeated
    asyncio.run(serve(Api(**chosen, lists=lists, chance=chance)))


if __name__ == "__main__":
    main()
