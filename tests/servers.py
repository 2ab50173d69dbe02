"""A server on a real socket that says exactly what a test wants, and remembers what it was sent."""

from __future__ import annotations

import itertools
import json
import os
import select
import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import trustme


@dataclass(frozen=True)
class Received:
    """One request, as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Say: TypeAlias = "Callable[[socket.socket, threading.Event], None]"
"""Writes an answer; the event is set when the server ends."""


def says(status: int, body: bytes | str | dict[str, Any] | list[Any] = b"", **headers: str) -> Say:
    """Answer with this status and body; a dict or list goes out as JSON."""
    if isinstance(body, dict | list):
        body, headers = json.dumps(body), {"content_type": "application/json", **headers}
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return writes("\r\n".join((*lines, "", "")).encode() + content)


def writes(raw: bytes) -> Say:
    """Write these bytes and close."""
    return lambda connection, _: connection.sendall(raw)


def hangs_up(connection: socket.socket, _ended: threading.Event) -> None:
    """Close without a word."""


def resets(raw: bytes) -> Say:
    """Write these bytes, and reset the connection."""

    def say(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(raw)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())

    return say


def keeps_open(raw: bytes) -> Say:
    """Write these bytes, and do not close."""

    def say(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(raw)
        ended.wait()

    return say


def replies(raw: bytes, then: bytes) -> Say:
    """Write these bytes, wait for more to come in, and write the others."""

    def say(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(raw)
        connection.recv(65_536)
        connection.sendall(then)

    return say


def trickles(raw: bytes, then: bytes = b" ") -> Say:
    """Write these bytes one by one, and then others for ever."""

    def say(connection: socket.socket, ended: threading.Event) -> None:
        coming = itertools.chain(raw, itertools.cycle(then))
        while not ended.wait(0.005):
            connection.sendall(bytes((next(coming),)))

    return say


def tunnels(server: Server) -> Say:
    """Be a proxy: connect whoever asks to this server, whatever name they asked for."""

    def say(connection: socket.socket, ended: threading.Event) -> None:
        with socket.create_connection(server.address) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ways = {connection: far, far: connection}
            while not ended.is_set():
                for near in select.select([*ways], [], [], 0.05)[0]:
                    if not (data := _all_of(near)):
                        return
                    ways[near].sendall(data)

    return say


def _all_of(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    while isinstance(connection, ssl.SSLSocket) and connection.pending():
        data += connection.recv(65_536)
    return data


def stays_silent(_connection: socket.socket, ended: threading.Event) -> None:
    """Never answer."""
    ended.wait()


@dataclass
class Server:
    """Says one thing after the other, the last one for ever.

    Who asks for the list of campaigns is told `listing`, and counted apart. Whose key it is, is
    part of the script, unless `workspace` says it.
    """

    script: list[Say]
    listing: Say
    workspace: Say | None = None
    requests: list[Received] = field(default_factory=list)
    looks: list[Received] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    address: tuple[str, int] = ("", 0)

    @property
    def origin(self) -> str:
        """The URL without a path, as a proxy is named."""
        return self.url.removesuffix("/ca/api/v0")

    def take(self, request: Received) -> Say:
        with self.lock:
            if "/campaign/all" in request.path:
                self.looks.append(request)
                return self.listing
            if self.workspace is not None and request.path.endswith("/workspace"):
                return self.workspace
            self.requests.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @property
    def started_lists(self) -> list[str]:
        """The list ids of the start requests, in the order in which they came."""
        return [request.json["list_id"] for request in self.requests if request.method == "POST"]


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may hang up as it likes; anything else is a mistake of the test."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def lists(**words: str | None) -> Say:
    """List these campaigns, each with its status word; underscores in an id stand for hyphens."""
    rows = [
        {"id": list_id.replace("_", "-"), "campaign_status": word}
        for list_id, word in words.items()
    ]
    total = {"total": len(rows), "limit": 100, "offset": 0}
    return says(200, {"campaigns": rows, "pagination": total})


def people(**counts: int | None) -> Say:
    """List these campaigns as drafts, each with how many people it would call."""
    rows = [
        {"id": list_id.replace("_", "-"), "campaign_status": "draft", "total_calls": count}
        for list_id, count in counts.items()
    ]
    return says(200, {"campaigns": rows, "pagination": {"total": len(rows)}})


def belongs_to(workspace: str) -> Say:
    """Say whose key it is."""
    return says(200, {"workspace_info": {"id": workspace, "name": "Acme"}})


def in_turn(*answers: Say) -> Say:
    """Give one answer after the other, the last one for ever."""
    left = list(answers)

    def say(connection: socket.socket, ended: threading.Event) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, ended)

    return say


NO_LIST = says(404, {"message": "Not Found"})


@contextmanager
def serving(
    *script: Say,
    listing: Say = NO_LIST,
    workspace: Say | None = None,
    tls: ssl.SSLContext | None = None,
    deaf: bool = False,
) -> Iterator[Server]:
    """Serve on loopback while the block runs, with TLS as localhost.

    A deaf server answers whatever comes, and remembers nothing of it.
    """
    server = Server(list(script), listing, workspace)

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if tls is not None:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self) -> None:
            super().finish()
            if tls is not None:
                self.request.close()

        def handle(self) -> None:
            if deaf:
                self.connection.recv(65_536)
                script[0](self.connection, server.ended)
                return
            request = _read(self.rfile)
            if request is not None:
                server.take(request)(self.connection, server.ended)

    with _Listener(("127.0.0.1", 0), Handler) as listener:
        server.address = ("127.0.0.1", listener.server_address[1])
        origin = "http://127.0.0.1" if tls is None else "https://localhost"
        server.url = f"{origin}:{server.address[1]}/ca/api/v0"
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            listener.shutdown()
            thread.join()


def _read(stream: Any) -> Received | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(first[0], first[1], headers, body)


def tls_of(issued: trustme.LeafCert) -> ssl.SSLContext:
    """TLS for a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def closed_port() -> int:
    """Return a loopback port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
