"""What goes over the wire, and what comes of everything that can go wrong there."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import socket
import ssl
import threading

import httpx
import pytest
from build import a_request
from servers import Say, closed_port, hangs_up, says, serving, stays_silent, writes

from ringg_runner import __version__
from ringg_runner.api.answers import MAX_BODY, Answer, Lost, NotSent, Reply
from ringg_runner.api.client import TimeLimits, connect
from ringg_runner.campaigns import StartRequest
from ringg_runner.redaction import Secret

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!", "has_ongoing_calls": False})


def send(
    url: str, *, seconds: float = 10, request: StartRequest | None = None, key: str = KEY
) -> Reply:
    """Send one start to this base URL."""

    async def exchange() -> Reply:
        async with connect(url, Secret(key), limits=TimeLimits(seconds)) as client:
            return await client.start(request or a_request(base_url=url))

    return asyncio.run(exchange())


def test_a_start_is_the_documented_request_and_nothing_else() -> None:
    with serving(REGISTERED) as server:
        reply = send(server.url)
    (request,) = server.requests
    assert isinstance(reply, Answer)
    assert (request.method, request.path) == ("POST", "/ca/api/v0/campaign/v2/start")
    assert request.json == {"agent_id": "agent-1", "list_id": "list-1", "number_pool_id": "pool-1"}
    assert request.headers["x-api-key"] == KEY
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-language"] == "en"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"ringg-runner/{__version__}"


def test_optional_fields_are_sent_where_they_are_set() -> None:
    with serving(REGISTERED) as server:
        send(
            server.url,
            request=a_request(
                base_url=server.url,
                callback_url="https://example.com/hook",
                email_completion_user_ids=("u1", "u2"),
            ),
        )
    body = server.requests[0].json
    assert body["callback_url"] == "https://example.com/hook"
    assert body["email_completion_user_ids"] == ["u1", "u2"]


def test_an_answer_is_handed_on_with_status_words_and_the_wait_it_asks_for() -> None:
    with serving(says(429, {"error": "slow down"}, retry_after="7")) as server:
        reply = send(server.url)
    assert isinstance(reply, Answer)
    assert (reply.status, reply.detail, reply.retry_after) == (429, "slow down", "7")


LOST: list[tuple[str, Say]] = [
    ("closed without a word", hangs_up),
    ("no answer at all", stays_silent),
    ("not HTTP", writes(b"SSH-2.0-OpenSSH_9.2\r\n")),
    ("ends in the head", writes(b"HTTP/1.1 200 OK\r\ncontent-len")),
    ("ends in the body", writes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}")),
    ("ends in a chunk", writes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{")),
    ("not gzip", writes(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nnot gzip")),
    ("only 1xx", writes(b"HTTP/1.1 102 Processing\r\n\r\n")),
]


@pytest.mark.parametrize("say", [say for _, say in LOST], ids=[name for name, _ in LOST])
def test_what_is_lost_after_the_first_byte_is_lost(say: Say) -> None:
    with serving(say) as server:
        reply = send(server.url, seconds=0.5 if say is stays_silent else 10)
    assert isinstance(reply, Lost)
    assert len(server.requests) == 1
    assert reply.reason


def test_an_answer_that_trickles_has_no_more_time_than_any_other() -> None:
    def trickles(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not ended.wait(0.02):
            connection.sendall(b" ")

    with serving(trickles) as server:
        reply = send(server.url, seconds=0.3)
    assert reply == Lost("no whole answer within 0.3 s")


def test_a_refused_connection_is_not_sent() -> None:
    assert isinstance(send(f"http://127.0.0.1:{closed_port()}/v0"), NotSent)


def test_a_name_that_does_not_exist_is_not_sent() -> None:
    assert isinstance(send("https://does-not-exist.invalid/v0"), NotSent)


def test_a_server_that_does_not_speak_tls_is_not_sent_to() -> None:
    with serving(REGISTERED, deaf=True) as server:
        reply = send(server.url.replace("http://", "https://"))
    assert isinstance(reply, NotSent)


def test_a_certificate_that_nobody_trusts_is_told_as_such(
    certificate: ssl.SSLContext,
) -> None:
    with serving(REGISTERED, tls=certificate) as server:
        reply = send(server.url)
    assert isinstance(reply, NotSent)
    assert "certificate is not trusted" in reply.reason


class Failing(httpx.AsyncBaseTransport):
    """Tells nothing of its steps, and fails in one way."""

    def __init__(self, failure: Exception, *causes: BaseException) -> None:
        self.failure = failure
        for cause in causes:
            failure.__cause__ = cause
            failure = cause  # type: ignore[assignment]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.failure


def refused() -> OSError:
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)")


BOTH_REFUSED = ExceptionGroup("both", [refused(), refused()])
UNKNOWN_HOST = socket.gaierror(-2, "Name or service not known")
UNTRUSTED = ssl.SSLCertVerificationError("certificate verify failed")
UNTRUSTED.verify_message = "self-signed certificate"

FAILURES: list[tuple[str, httpx.AsyncBaseTransport, Reply]] = [
    (
        "the system's words are the system's, in its own language",
        Failing(httpx.ConnectError("All attempts failed"), OSError("x"), refused()),
        NotSent(f"no connection to api.example.com: {os.strerror(errno.ECONNREFUSED)}"),
    ),
    (
        "of several failures the first is told",
        Failing(httpx.ConnectError("All attempts failed"), BOTH_REFUSED),
        NotSent(f"no connection to api.example.com: {os.strerror(errno.ECONNREFUSED)}"),
    ),
    (
        "a resolver has words of its own",
        Failing(httpx.ConnectError("x"), UNKNOWN_HOST),
        NotSent("no connection to api.example.com: Name or service not known"),
    ),
    (
        "a certificate",
        Failing(httpx.ConnectError("x"), UNTRUSTED),
        NotSent(
            "no connection to api.example.com: "
            "the server's certificate is not trusted: self-signed certificate"
        ),
    ),
    (
        "TLS without a reason",
        Failing(httpx.ReadError("read failed"), ssl.SSLError("x")),
        Lost("the answer was lost: TLS failed: read failed"),
    ),
    ("no words at all", Failing(httpx.ReadError("")), Lost("the answer was lost: ReadError")),
    (
        "what nobody expects of a transport",
        Failing(ssl.SSLError(1, "[SSL: BAD] bad")),
        Lost("the answer was lost: TLS failed: [ssl: bad] bad"),
    ),
    (
        "the key, escaped",
        Failing(httpx.RemoteProtocolError(f"bytearray(b'{KEY.replace('r', chr(92) + 'x72')}')")),
        Lost("the answer was lost: bytearray(b'[hidden]')"),
    ),
    (
        "terminal escapes",
        Failing(httpx.RemoteProtocolError("\x1b[2Jx")),
        Lost("the answer was lost: [2Jx"),
    ),
    (
        "too late to connect",
        Failing(httpx.ConnectTimeout("")),
        NotSent("no connection to api.example.com: it took too long"),
    ),
    ("too late to read", Failing(httpx.ReadTimeout("")), Lost("no whole answer within 10 s")),
    ("not in time", Failing(TimeoutError()), Lost("no whole answer within 10 s")),
]


@pytest.mark.parametrize(
    ("transport", "expected"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
def test_a_failure_is_told_as_far_down_as_somebody_knows(
    transport: httpx.AsyncBaseTransport, expected: Reply
) -> None:
    async def exchange() -> Reply:
        url, limits = "https://api.example.com/v0", TimeLimits(10)
        async with connect(url, Secret(KEY), limits=limits, transport=transport) as client:
            return await client.start(a_request(base_url=url))

    assert asyncio.run(exchange()) == expected


def test_a_proxy_has_only_so_long_to_let_a_request_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    async def exchange() -> Reply:
        url, limits = "https://api.example.com/v0", TimeLimits(300, leave=0.3)
        async with connect(url, Secret(KEY), limits=limits) as client:
            return await client.start(a_request(base_url=url))

    with serving(stays_silent) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        reply = asyncio.run(exchange())
    assert isinstance(reply, NotSent)
    assert reply.reason.endswith(": it took too long")


def test_a_redirect_is_an_answer_and_the_key_stays_where_it_is() -> None:
    with serving(REGISTERED) as elsewhere, serving(says(307, location=elsewhere.url)) as server:
        reply = send(server.url)
    assert isinstance(reply, Answer)
    assert reply.status == 307
    assert elsewhere.requests == []


def test_plain_http_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(REGISTERED) as proxy, serving(REGISTERED) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        send(server.url)
    assert (len(server.requests), proxy.requests) == (1, [])


def test_a_proxy_that_refuses_has_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says(407, "<html>Who are you?</html>")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        reply = send("https://api.example.com/v0")
    assert isinstance(reply, NotSent)
    assert "x-api-key" not in proxy.requests[0].headers


def test_a_huge_answer_is_read_to_its_bound() -> None:
    with serving(says(500, b"x" * (4 * MAX_BODY))) as server:
        reply = send(server.url)
    assert isinstance(reply, Answer)
    assert len(reply.texts[0]) == MAX_BODY


def test_an_answer_that_is_packed_though_nobody_asked_is_unpacked() -> None:
    packed = gzip.compress(b'{"status": "ok"}')
    with serving(says(200, packed, content_encoding="gzip")) as server:
        reply = send(server.url)
    assert isinstance(reply, Answer)
    assert reply.data == {"status": "ok"}


def test_the_key_is_hidden_wherever_the_server_puts_it() -> None:
    with serving(says(400, {KEY: [KEY]}, retry_after=KEY)) as server:
        reply = send(server.url)
    assert KEY not in repr(reply)


def test_a_private_callback_url_is_hidden_in_the_answer() -> None:
    private = "https://example.com/hook?token=s3cr3t"
    with serving(says(400, {"message": f"cannot reach {private}"})) as server:
        reply = send(
            server.url,
            request=a_request(base_url=server.url, callback_url=private, private=True),
        )
    assert isinstance(reply, Answer)
    assert "s3cr3t" not in repr(reply)


def test_the_servers_list_is_asked_page_by_page_and_more_of_it_is_read() -> None:
    page = {"campaigns": [{"id": "x" * MAX_BODY}]}

    async def ask(url: str) -> Reply:
        async with connect(url, Secret(KEY), limits=TimeLimits()) as client:
            return await client.campaigns(100, 200)

    with serving(REGISTERED, listing=says(200, page)) as server:
        reply = asyncio.run(ask(server.url))
    assert server.looks[0].path == "/ca/api/v0/campaign/all?limit=100&offset=200"
    assert isinstance(reply, Answer)
    assert reply.data == page


def test_the_workspace_is_asked_with_the_key() -> None:
    async def ask(url: str) -> Reply:
        async with connect(url, Secret(KEY), limits=TimeLimits()) as client:
            return await client.workspace()

    with serving(says(200, {"workspace_info": {"id": "w", "key": KEY}})) as server:
        reply = asyncio.run(ask(server.url))
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/ca/api/v0/workspace")
    assert KEY not in repr(reply) + repr(getattr(reply, "data", None))
