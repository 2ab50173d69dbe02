"""A server on a real socket that counts what it starts, and guards against nothing.

Every start request that reaches it calls everybody on the list. Nothing but the client stands
between a list and a second start, so the counts are the truth about the client.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/ca/api/v0"


class Moment(IntEnum):
    """When in the course of a start request."""

    ARRIVED = 0
    STARTED = 1
    ANSWERED = 2


@dataclass
class TruthServer:
    """What was started, and how often; `readable` is whether its list can be read.

    `watch` is told each moment of each start request.
    """

    list_ids: Sequence[str]
    readable: bool = True
    starts: Counter[str] = field(default_factory=Counter)
    url: str = ""
    watch: Callable[[Moment], None] = lambda _: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, list_id: str) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.starts[list_id] += 1
        return 200, {"status": "campaign registered successfully!", "has_ongoing_calls": False}

    def page(self, limit: int, offset: int) -> tuple[int, dict[str, Any]]:
        if not self.readable:
            return 403, {"message": "Forbidden"}
        with self._lock:
            shown = [
                {"id": id_, "campaign_status": "ongoing" if self.starts[id_] else "draft"}
                for id_ in self.list_ids[offset : offset + limit]
            ]
        pagination = {"total": len(self.list_ids), "limit": limit, "offset": offset}
        return 200, {"campaigns": shown, "pagination": pagination}

    @property
    def started_more_than_once(self) -> list[str]:
        with self._lock:
            return sorted(list_id for list_id, count in self.starts.items() if count > 1)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed while they were answered."""


@contextmanager
def truth(list_ids: Sequence[str], *, readable: bool = True) -> Iterator[TruthServer]:
    """Serve on loopback while the block runs."""
    server = TruthServer(list_ids, readable)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            body = self.rfile.read(size)
            if len(body) == size:
                server.watch(Moment.ARRIVED)
                answer = server.start(json.loads(body)["list_id"])
                server.watch(Moment.STARTED)
                self._answer(*answer)
                server.watch(Moment.ANSWERED)

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self._answer(*server.page(int(asked["limit"][0]), int(asked["offset"][0])))

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with _Listener(("127.0.0.1", 0), Handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_address[1]}{PATH}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
