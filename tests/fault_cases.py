"""Everything that can go wrong on the way, and what must come of it.

The rows of `docs/reference/faults.md`, in its order, each with the scene that plays it. In what is
shown, … stands for anything.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ssl import MemoryBIO, SSLContext, SSLWantReadError
from typing import TypeAlias

import trustme
from servers import (
    Say,
    Server,
    closed_port,
    hangs_up,
    keeps_open,
    replies,
    resets,
    says,
    serving,
    stays_silent,
    tls_of,
    trickles,
    tunnels,
    writes,
)

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
BODY = b'{"status": "campaign registered successfully!"}'
MANY = 40_000_000
SOON = ("--timeout", "0.3")


@dataclass(frozen=True)
class Scene:
    """Where the API seems to be, what else is set, and who must hear of nothing."""

    url: str
    server: Server | None = None
    variables: dict[str, str] = field(default_factory=dict)
    bystander: Server | None = None


Play: TypeAlias = Callable[[trustme.CA], AbstractContextManager[Scene]]


@dataclass(frozen=True)
class Fault:
    """A row: what happens, what it comes to, and how it is played; `sent` counts the requests."""

    happens: str
    outcome: str
    code: int
    shown: str
    play: Play
    sent: int = 1
    arguments: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The row of the documentation."""
        return self.happens, f"`{self.outcome}`", str(self.code), f"`{self.shown}`"

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the output has to match."""
        return re.compile(".*?".join(map(re.escape, self.shown.split("…"))))


def answers(say: Say) -> Play:
    """The API says this, over plain HTTP."""

    @contextmanager
    def play(_: trustme.CA) -> Iterator[Scene]:
        with serving(say) as server:
            yield Scene(server.url, server)

    return play


def raw(status: int, *headers: str, body: bytes = BODY, version: str = "1.1") -> Say:
    """Answer with exactly these headers, and close."""
    lines = (f"HTTP/{version} {status} Said", *headers, "", "")
    return writes("\r\n".join(lines).encode() + body)


def at(url: str) -> Play:
    """Nobody is there."""

    @contextmanager
    def play(_: trustme.CA) -> Iterator[Scene]:
        yield Scene(url)

    return play


def secured(
    *names: str, host: str = "localhost", say: Say = REGISTERED, until: datetime | None = None
) -> Play:
    """The API has a certificate for these names, from the authority."""

    @contextmanager
    def play(authority: trustme.CA) -> Iterator[Scene]:
        since = datetime(2020, 1, 1, tzinfo=UTC)
        issued = authority.issue_cert(*names, not_before=since, not_after=until)
        with serving(say, tls=tls_of(issued)) as server:
            yield Scene(server.url.replace("localhost", host), server)

    return play


@contextmanager
def without_tls(_: trustme.CA) -> Iterator[Scene]:
    """The API speaks plain HTTP where TLS is spoken to it."""
    with serving(says(400, "<h1>Bad Request</h1>"), deaf=True) as server:
        yield Scene(server.url.replace("http://", "https://"), server)


@contextmanager
def silent_at_the_handshake(_: trustme.CA) -> Iterator[Scene]:
    """The API accepts a connection, and says nothing to the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Scene(f"https://127.0.0.1:{listener.getsockname()[1]}/v0")


@contextmanager
def broken_tls(authority: trustme.CA) -> Iterator[Scene]:
    """The API shakes hands, takes the request, and answers it in the clear."""
    tls = tls_of(authority.issue_cert("localhost"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands_and_forget, args=(listener, tls))
        thread.start()
        yield Scene(f"https://localhost:{listener.getsockname()[1]}/v0")
        thread.join()


def _shake_hands_and_forget(listener: socket.socket, tls: SSLContext) -> None:
    connection, _ = listener.accept()
    coming, going = MemoryBIO(), MemoryBIO()
    session = tls.wrap_bio(coming, going, server_side=True)
    with connection:
        request = b""
        while not request:
            try:
                session.do_handshake()
                request = session.read()
            except SSLWantReadError:
                connection.sendall(going.read())
                coming.write(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextmanager
def redirecting(_: trustme.CA) -> Iterator[Scene]:
    """The API sends whoever asks to another host."""
    with serving(REGISTERED) as elsewhere, serving(says(307, location=elsewhere.url)) as server:
        yield Scene(server.url, server, bystander=elsewhere)


def through_a_proxy(proxy: Say | None, say: Say = REGISTERED) -> Play:
    """The way to the API goes through a proxy that says this; None is one that tunnels."""

    @contextmanager
    def play(authority: trustme.CA) -> Iterator[Scene]:
        tls = tls_of(authority.issue_cert("api.example.com"))
        with serving(say, tls=tls) as server, serving(proxy or tunnels(server)) as between:
            where = {"HTTPS_PROXY": between.origin}
            yield Scene("https://api.example.com/v0", server, where)

    return play


@contextmanager
def through_a_dead_proxy(_: trustme.CA) -> Iterator[Scene]:
    """The way to the API goes through a proxy that is not there."""
    where = {"HTTPS_PROXY": f"http://user:pa55word@127.0.0.1:{closed_port()}"}
    yield Scene("https://api.example.com/v0", variables=where)


OK = "HTTP/1.1 200 OK\r\n"
TRUSTED = ("--ca-file", "ca.pem")
NO_JSON = "(a success that does not say so in JSON)"
FAILED = "(the server failed, before the start or after it)"
BEFORE = "no connection to"
LOST = "may or may not have started: the answer was lost:"
LATE = "may or may not have started: no whole answer within 0.3 s"

CONNECTING = [
    Fault(
        "the host name is not known (DNS)",
        "failed",
        1,
        f"{BEFORE} does-not-exist.invalid: …",
        at("https://does-not-exist.invalid/v0"),
        sent=0,
    ),
    Fault(
        "nobody listens",
        "failed",
        1,
        f"{BEFORE} 127.0.0.1:…: Connection refused",
        at(f"http://127.0.0.1:{closed_port()}/v0"),
        sent=0,
    ),
    Fault(
        "the certificate is from nobody who is trusted",
        "failed",
        1,
        f"{BEFORE} localhost:…: the server's certificate is not trusted: …",
        secured("localhost"),
        sent=0,
    ),
    Fault(
        "the certificate is for another host",
        "failed",
        1,
        f"{BEFORE} localhost:…: the server's certificate is not trusted: Hostname mismatch, …",
        secured("api.example.com"),
        sent=0,
        arguments=TRUSTED,
    ),
    Fault(
        "the certificate has expired",
        "failed",
        1,
        f"{BEFORE} localhost:…: the server's certificate is not trusted: certificate has expired",
        secured("localhost", until=datetime(2021, 1, 1, tzinfo=UTC)),
        sent=0,
        arguments=TRUSTED,
    ),
    Fault(
        "the server does not speak TLS",
        "failed",
        1,
        f"{BEFORE} 127.0.0.1:…: TLS failed: …",
        without_tls,
        sent=0,
    ),
    Fault(
        "a connection is accepted, and TLS gets no answer",
        "failed",
        1,
        f"{BEFORE} 127.0.0.1:…: it took too long",
        silent_at_the_handshake,
        sent=0,
        arguments=SOON,
    ),
]

PROXIES = [
    Fault(
        "the proxy is not there",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: Connection refused",
        through_a_dead_proxy,
        sent=0,
    ),
    Fault(
        "the proxy wants to know who you are (407)",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: 407 Said",
        through_a_proxy(says(407, "<html>Who are you?</html>")),
        sent=0,
    ),
    Fault(
        "the proxy cannot reach the API (502)",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: 502 Said",
        through_a_proxy(says(502, "<html>Bad Gateway</html>")),
        sent=0,
    ),
    Fault(
        "what the proxy says is not HTTP",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: illegal status line: …",
        through_a_proxy(writes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        sent=0,
    ),
    Fault(
        "the proxy hangs up without a word",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: Server disconnected …",
        through_a_proxy(hangs_up),
        sent=0,
    ),
    Fault(
        "the proxy never answers",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: it took too long",
        through_a_proxy(stays_silent),
        sent=0,
        arguments=SOON,
    ),
    Fault(
        "the proxy says it is connected, and then nothing",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: it took too long",
        through_a_proxy(keeps_open(b"HTTP/1.1 200 OK\r\n\r\n")),
        sent=0,
        arguments=SOON,
    ),
    Fault(
        "the proxy answers in the API's place, without TLS",
        "failed",
        1,
        f"{BEFORE} api.example.com through the proxy 127.0.0.1:…: TLS failed: …",
        through_a_proxy(replies(b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nSign in")),
        sent=0,
    ),
    Fault(
        "the connection through the proxy ends after the request left",
        "unresolved",
        6,
        f"{LOST} Server disconnected without sending a response",
        through_a_proxy(None, hangs_up),
        arguments=TRUSTED,
    ),
    Fault(
        "a proxy answers 407 to the request itself",
        "failed",
        1,
        "HTTP 407: Who are you? (refused)",
        answers(says(407, "<html>Who are you?</html>")),
    ),
]

SILENCES = [
    Fault(
        "the connection is taken, the request too, and then nothing (half open)",
        "unresolved",
        6,
        LATE,
        answers(stays_silent),
        arguments=SOON,
    ),
    Fault(
        "the head of the answer trickles, byte by byte",
        "unresolved",
        6,
        LATE,
        answers(trickles(f"{OK}x: ".encode(), b"y")),
        arguments=SOON,
    ),
    Fault(
        "the body of the answer trickles, byte by byte",
        "unresolved",
        6,
        LATE,
        answers(trickles(f"{OK}content-length: 99999\r\n\r\n".encode())),
        arguments=SOON,
    ),
    Fault(
        "nothing but 1xx, for ever",
        "unresolved",
        6,
        LATE,
        answers(trickles(b"", b"HTTP/1.1 102 Processing\r\n\r\n")),
        arguments=SOON,
    ),
    Fault(
        "the connection is closed without a word",
        "unresolved",
        6,
        f"{LOST} Server disconnected without sending a response",
        answers(hangs_up),
    ),
    Fault(
        "the connection is reset in the middle of the answer",
        "unresolved",
        6,
        f"{LOST} Connection reset by peer",
        answers(resets(f"{OK}content-length: 99\r\n\r\n{{".encode())),
    ),
    Fault(
        "the answer ends in the middle of its head",
        "unresolved",
        6,
        f"{LOST} Server disconnected without sending a response",
        answers(writes(f"{OK}content-len".encode())),
    ),
    Fault(
        "the answer ends in the middle of a chunk",
        "unresolved",
        6,
        f"{LOST} peer closed connection without sending complete message body …",
        answers(raw(200, "transfer-encoding: chunked", body=b"ff\r\n{")),
    ),
    Fault(
        "TLS breaks after the request left",
        "unresolved",
        6,
        f"{LOST} TLS failed: …",
        broken_tls,
        arguments=(*TRUSTED, "--no-refresh"),
    ),
]

HEADS = [
    Fault(
        "the status line is not one",
        "unresolved",
        6,
        f"{LOST} illegal status line: …",
        answers(writes(b"ICY 200 OK\r\n\r\n")),
    ),
    Fault(
        "a status that does not exist (999)",
        "unresolved",
        6,
        f"HTTP 999: campaign registered successfully! {FAILED}",
        answers(raw(999)),
    ),
    Fault(
        "100 Continue, which nobody waits for, and then a 200",
        "started",
        0,
        "campaign registered successfully!",
        answers(writes(b"HTTP/1.1 100 Continue\r\n\r\n" + f"{OK}\r\n".encode() + BODY)),
    ),
    Fault(
        "102, 103, 103, and then a 200",
        "started",
        0,
        "campaign registered successfully!",
        answers(
            writes(
                b"HTTP/1.1 102 Processing\r\n\r\n"
                + b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 2
                + f"{OK}\r\n".encode()
                + BODY
            )
        ),
    ),
    Fault(
        "100 Continue, and then nothing more",
        "unresolved",
        6,
        f"{LOST} Server disconnected without sending a response",
        answers(writes(b"HTTP/1.1 100 Continue\r\n\r\n")),
    ),
    Fault(
        "101: the server changes to another protocol",
        "unresolved",
        6,
        f"{LOST} …",
        answers(raw(101, "upgrade: websocket", "connection: upgrade")),
    ),
    Fault(
        "HTTP/1.0, without a length",
        "started",
        0,
        "campaign registered successfully!",
        answers(raw(200, version="1.0")),
    ),
    Fault(
        "content-length says more than there comes",
        "unresolved",
        6,
        f"{LOST} peer closed connection without sending complete message body …",
        answers(raw(200, "content-length: 99")),
    ),
    Fault(
        "content-length says less than there comes",
        "unresolved",
        6,
        f'HTTP 200: {{"status": "campaign {NO_JSON}',
        answers(raw(200, "content-length: 20")),
    ),
    Fault(
        "two lengths that differ",
        "unresolved",
        6,
        f"{LOST} conflicting Content-Length headers",
        answers(raw(200, "content-length: 2", f"content-length: {len(BODY)}")),
    ),
    Fault(
        "a negative length",
        "unresolved",
        6,
        f"{LOST} bad Content-Length",
        answers(raw(200, "content-length: -1")),
    ),
    Fault(
        "1,000 headers",
        "started",
        0,
        "campaign registered successfully!",
        answers(raw(200, *(f"x-header-{n}: {n}" for n in range(1000)))),
    ),
    Fault(
        "a header of 1 MB",
        "unresolved",
        6,
        f"{LOST} Receive buffer too long",
        answers(raw(200, f"x-header: {'x' * 1_000_000}")),
    ),
    Fault(
        "a redirect to another host, which is not followed",
        "unresolved",
        6,
        "HTTP 307 (a redirect, which is never followed)",
        redirecting,
    ),
    Fault(
        "a second answer that nobody asked for",
        "started",
        0,
        "campaign registered successfully!",
        answers(keeps_open((f"{OK}content-length: {len(BODY)}\r\n\r\n".encode() + BODY) * 2)),
    ),
]

BODIES = [
    Fault("204, which has no body", "unresolved", 6, f"HTTP 204 {NO_JSON}", answers(says(204))),
    Fault("a 200 without a body", "unresolved", 6, f"HTTP 200 {NO_JSON}", answers(says(200))),
    Fault(
        "a 200 whose JSON is no object",
        "unresolved",
        6,
        f"HTTP 200: campaign registered successfully! {NO_JSON}",
        answers(says(200, ["campaign registered successfully!"])),
    ),
    Fault(
        "a 200 with a page to sign in",
        "unresolved",
        6,
        f"HTTP 200: Sign in {NO_JSON}",
        answers(says(200, "<html><head><title>x</title></head><h1>Sign in</h1></html>")),
    ),
    Fault(
        "a 200 that speaks of an error",
        "unresolved",
        6,
        "HTTP 200: Number pool not found. (a success that speaks of an error)",
        answers(says(200, {"error": "Number pool not found."})),
    ),
    Fault(
        "a 200 of 40 MB",
        "unresolved",
        6,
        f"HTTP 200: {{xxx…… {NO_JSON}",
        answers(says(200, b"{" + b"x" * MANY)),
    ),
    Fault(
        "gzip, though nobody asked for it",
        "started",
        0,
        "campaign registered successfully!",
        answers(says(200, gzip.compress(BODY), content_encoding="gzip")),
    ),
    Fault(
        "gzip that is none",
        "unresolved",
        6,
        f"{LOST} Error -3 while decompressing data: incorrect header check",
        answers(says(200, BODY, content_encoding="gzip")),
    ),
    Fault(
        "a gzip bomb",
        "unresolved",
        6,
        f"HTTP 200: {{xxx…… {NO_JSON}",
        answers(says(200, gzip.compress(b"{" + b"x" * MANY), content_encoding="gzip")),
    ),
    Fault(
        "a gzip bomb in a gzip bomb; it is unpacked once",
        "unresolved",
        6,
        f"HTTP 200: … {NO_JSON}",
        answers(says(200, gzip.compress(gzip.compress(bytes(MANY))), content_encoding="gzip")),
    ),
    Fault(
        "packed twice, and said so; it is not unpacked",
        "unresolved",
        6,
        f"HTTP 200: … {NO_JSON}",
        answers(
            says(200, gzip.compress(gzip.compress(bytes(MANY))), content_encoding="gzip, gzip")
        ),
    ),
    Fault(
        "a 200 whose JSON is not UTF-8",
        "unresolved",
        6,
        f"HTTP 200: … {NO_JSON}",
        answers(says(200, BODY.replace(b"!", b"\xff"))),
    ),
    Fault(
        "a 400 whose words are not UTF-8",
        "failed",
        1,
        "HTTP 400: Liste � unbekannt (refused)",
        answers(says(400, b"Liste \xe9 unbekannt")),
    ),
    Fault(
        "a gateway's page for 502",
        "unresolved",
        6,
        f"HTTP 502: 502 Bad Gateway nginx {FAILED}",
        answers(says(502, "<html><h1>502 Bad Gateway</h1><hr>nginx</html>")),
    ),
    Fault(
        "a gateway's page for 503",
        "unresolved",
        6,
        f"HTTP 503: Come back later {FAILED}",
        answers(says(503, "<HTML><STYLE>a{}</STYLE><p>Come back later")),
    ),
    Fault(
        "a page that opens again and again, and closes nothing",
        "unresolved",
        6,
        f"HTTP 503: Down {FAILED}",
        answers(says(503, "Down" + "<head>" * 10_000)),
    ),
    Fault(
        "terminal escapes, new lines and other control characters",
        "failed",
        1,
        "HTTP 400: [31mred [0m ]0;title one two 2J (refused)",
        answers(
            says(400, {"message": "\x1b[31mred\x1b[0m\x1b]0;title\x07one\r\n\x00two\x9b2J\x7f"})
        ),
    ),
    Fault(
        "characters that turn the reading direction, that nobody sees, or that are halves",
        "failed",
        1,
        "HTTP 400: one two three four (refused)",
        answers(
            says(400, '{"message": "one\\u202etwo\\u2066\\u200bthree\\ud800\\udb40\\udc41four"}')
        ),
    ),
]

KEYS = [
    Fault(
        "the key in an error",
        "failed",
        1,
        "HTTP 400: key [hidden] is not known; key [hidden] (refused)",
        answers(says(400, {"message": f"key {KEY} is not known", "x": f"key {KEY.upper()}"})),
    ),
    Fault(
        "the key in JSON escapes",
        "failed",
        1,
        "HTTP 400: key [hidden] (refused)",
        answers(says(400, '{"message": "key \\u0072g_live_01234\\u00356789abcdef"}')),
    ),
    Fault(
        "the key in escapes, in JSON that ends too early",
        "unresolved",
        6,
        f'HTTP 500: {{"message": "key [hidden] {FAILED}',
        answers(says(500, '{"message": "key \\u0072g_live_01234\\u00356789abcdef')),
    ),
    Fault(
        "the key in JSON within JSON",
        "failed",
        1,
        'HTTP 400: {"key": "[hidden]"} (refused)',
        answers(
            says(400, {"detail": json.dumps({"key": KEY}).replace("r", "\\u0072")}),
        ),
    ),
    Fault(
        "the key on a page, in HTML's escapes",
        "unresolved",
        6,
        f"HTTP 502: X-API-KEY: [hidden] {FAILED}",
        answers(says(502, f"<p>X-API-KEY: {KEY.replace('_', '&#x5F;')}</p>")),
    ),
    Fault(
        "the key in a header",
        "failed",
        5,
        "HTTP 401: Invalid credentials (the key is not accepted)",
        answers(
            says(401, {"message": "Invalid credentials"}, www_authenticate=KEY, retry_after=KEY)
        ),
    ),
    Fault(
        "the key in a status line that is none",
        "unresolved",
        6,
        f"{LOST} illegal status line: …[hidden]…",
        answers(writes(f"X-API-KEY {KEY}\r\n\r\n".encode())),
    ),
]

FAULTS = [*CONNECTING, *PROXIES, *SILENCES, *HEADS, *BODIES, *KEYS]
