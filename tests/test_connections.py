"""Whom a run connects to, through which proxy, trusting whom, and what is used again."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from build import a_request, write
from servers import Say, closed_port, says, serving, tls_of, tunnels, writes

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.client import TimeLimits, connect
from ringg_runner.api.connections import Connections, open_connections, proxy_for, tls_context
from ringg_runner.api.lines import holds_more
from ringg_runner.errors import UsageError
from ringg_runner.redaction import Secret

KEY = "rg_live_0123456789abcdef"
API = "https://api.example.com/ca/api/v0"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> Path:
    return write(tmp_path / "ca.pem", authority.cert_pem.bytes())


@pytest.fixture
def api_tls(authority: trustme.CA) -> ssl.SSLContext:
    return tls_of(authority.issue_cert("api.example.com", "localhost"))


def send(*urls: str, ca_file: Path | None = None) -> list[Reply]:
    """Send a start to each of these base URLs, one after the other, with one client."""

    async def exchange() -> list[Reply]:
        limits = TimeLimits(10)
        async with connect(urls[0], Secret(KEY), limits=limits, ca_file=ca_file) as client:
            return [await client.start(a_request(base_url=url)) for url in urls]

    return asyncio.run(exchange())


# Proxies


PROXIES: list[tuple[str, dict[str, str], str | None]] = [
    ("none", {}, None),
    ("host and port", {"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
    ("a URL", {"HTTPS_PROXY": "http://proxy.example:3128/"}, "http://proxy.example:3128/"),
    ("over TLS", {"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example"),
    ("lower case", {"https_proxy": "proxy.example:1"}, "http://proxy.example:1"),
    ("for everything", {"ALL_PROXY": "proxy.example:1"}, "http://proxy.example:1"),
    ("the narrower one", {"ALL_PROXY": "a:1", "HTTPS_PROXY": "b:2"}, "http://b:2"),
    ("only for plain http", {"HTTP_PROXY": "proxy.example:1"}, None),
    ("empty", {"HTTPS_PROXY": ""}, None),
    ("blank", {"HTTPS_PROXY": "  "}, None),
    ("with white space around", {"HTTPS_PROXY": " p:1\n"}, "http://p:1"),
    ("not for this host", {"HTTPS_PROXY": "p:1", "NO_PROXY": "api.example.com"}, None),
    ("not for its domain", {"HTTPS_PROXY": "p:1", "NO_PROXY": "x, .example.com"}, None),
    ("not for any", {"HTTPS_PROXY": "p:1", "NO_PROXY": "*"}, None),
    ("not for another host", {"HTTPS_PROXY": "p:1", "NO_PROXY": "example.org"}, "http://p:1"),
    ("with a password", {"HTTPS_PROXY": "http://me:p%40ss@p:1"}, "http://p:1"),
]


@pytest.mark.parametrize(
    ("variables", "expected"), [row[1:] for row in PROXIES], ids=[row[0] for row in PROXIES]
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(API)
    assert (proxy and str(proxy.url)) == expected


@pytest.mark.parametrize(
    "unusable",
    [
        "http://me:pa55word@proxy.example:port",
        "http://me:pa55word@",
        "http://me:12/pa55word@proxy.example:3128",
        "http://me:12?pa55word@proxy.example:3128",
        "http://me:12#pa55word@proxy.example:3128",
        "ftp://me:pa55word@proxy.example",
        "http://me:pa55word@[::1",
        "socks5://me:pa55word@proxy.example",
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, unusable: str
) -> None:
    monkeypatch.setenv(variable, unusable)
    with pytest.raises(UsageError) as raised:
        proxy_for(API)
    said = f"{raised.value} {raised.value.hint}"
    assert variable in said
    assert "pa55" not in said
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_proxy_connects_us_and_sees_neither_key_nor_request(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path, api_tls: ssl.SSLContext
) -> None:
    with serving(REGISTERED, tls=api_tls) as server, serving(tunnels(server)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        (reply,) = send(API, ca_file=ca_file)
    assert isinstance(reply, Answer)
    assert (server.started_lists, server.requests[0].headers["x-api-key"]) == (["list-1"], KEY)
    (asked,) = proxy.requests
    assert (asked.method, asked.path) == ("CONNECT", "api.example.com:443")
    assert "x-api-key" not in asked.headers
    assert "proxy-authorization" not in asked.headers


def test_a_proxy_is_told_who_we_are_and_the_api_is_not(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path, api_tls: ssl.SSLContext
) -> None:
    with serving(REGISTERED, tls=api_tls) as server, serving(tunnels(server)) as proxy:
        known = proxy.origin.replace("http://", "http://me:p%40ss%2Fword@")
        monkeypatch.setenv("HTTPS_PROXY", known)
        (reply,) = send(API, ca_file=ca_file)
    assert isinstance(reply, Answer)
    basic = base64.b64encode(b"me:p@ss/word").decode()
    assert proxy.requests[0].headers["proxy-authorization"] == f"Basic {basic}"
    assert "proxy-authorization" not in server.requests[0].headers


def test_a_proxy_may_speak_tls_itself_and_is_trusted_by_the_same_certificates(
    monkeypatch: pytest.MonkeyPatch,
    ca_file: Path,
    api_tls: ssl.SSLContext,
    certificate: ssl.SSLContext,
) -> None:
    with (
        serving(REGISTERED, tls=api_tls) as server,
        serving(tunnels(server), tls=certificate) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        (trusted,) = send(API, ca_file=ca_file)
        (untrusted,) = send(API)
    assert isinstance(trusted, Answer)
    assert isinstance(untrusted, NotSent)
    assert "certificate is not trusted" in untrusted.reason
    assert server.started_lists == ["list-1"]


def test_no_proxy_is_used_where_no_proxy_says_so(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path, api_tls: ssl.SSLContext
) -> None:
    with serving(REGISTERED, tls=api_tls) as server, serving(says(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        monkeypatch.setenv("NO_PROXY", "localhost")
        (reply,) = send(server.url, ca_file=ca_file)
    assert isinstance(reply, Answer)
    assert (len(server.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    port = closed_port()
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://me:pa55word@127.0.0.1:{port}")
    (reply,) = send(API)
    way = f"no connection to api.example.com through the proxy 127.0.0.1:{port}"
    assert reply == NotSent(f"{way}: Connection refused")


@pytest.mark.parametrize("echo", ["pa55word", "bWU6cGE1NXdvcmQ="], ids=["plain", "base64"])
def test_a_proxy_that_echoes_its_password_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, echo: str
) -> None:
    with serving(writes(f"HTTP/1.1 407 {echo} is wrong\r\n\r\n".encode())) as proxy:
        known = proxy.origin.replace("http://", "http://me:pa55word@")
        monkeypatch.setenv("HTTPS_PROXY", known)
        (reply,) = send(API)
    assert isinstance(reply, NotSent)
    assert echo not in reply.reason
    assert "407 [hidden]" in reply.reason


# Certificates


def test_a_file_of_certificates_is_trusted_instead_of_the_systems(
    ca_file: Path, certificate: ssl.SSLContext
) -> None:
    with serving(REGISTERED, tls=certificate) as server:
        (trusted,) = send(server.url, ca_file=ca_file)
        (untrusted,) = send(server.url)
    assert isinstance(trusted, Answer)
    assert isinstance(untrusted, NotSent)
    assert len(tls_context(ca_file).get_ca_certs()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's store is no file")
def test_the_systems_certificates_are_trusted(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path, certificate: ssl.SSLContext
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with serving(REGISTERED, tls=certificate) as server:
        (reply,) = send(server.url)
    assert isinstance(reply, Answer)


REVOKED = """-----BEGIN X509 CRL-----
MIHGMG4CAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEdGVzdBcNMjYwMTAxMDAw
-----END X509 CRL-----
"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "ca.pem: No such file or directory"),
        ("", "ca.pem holds no certificate that can be read"),
        ("not a certificate", "ca.pem holds no certificate that can be read"),
        (REVOKED, "ca.pem holds no certificate that can be read"),
    ],
    ids=["not there", "empty", "something else", "broken"],
)
def test_a_file_without_certificates_is_told_as_such(
    tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        write(file, content)
    with pytest.raises(UsageError, match=said):
        tls_context(file)


def test_a_list_of_the_revoked_is_no_list_of_the_trusted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no certificate"):
        tls_context(write(tmp_path / "ca.pem", a_revocation_list()))


def a_revocation_list() -> bytes:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    nobody = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    builder = x509.CertificateRevocationListBuilder(nobody, begin, end)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    return signed.public_bytes(Encoding.PEM)


# Connections


class Counting(httpx.AsyncBaseTransport):
    """Answers everything, and knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async def aclose(self) -> None:
        self.closed = True


def test_each_request_in_flight_has_a_transport_and_the_last_one_is_used_next() -> None:
    connections = Connections(Counting)
    with connections.one() as first:
        with connections.one() as second:
            assert second is not first
        with connections.one() as third:
            assert third is second
    with connections.one() as fourth:
        assert fourth is first
    asyncio.run(connections.close())
    assert [first.closed, second.closed] == [True, True]  # type: ignore[attr-defined]


def test_a_transport_that_stands_in_for_the_network_is_used_and_closed() -> None:
    transport = Counting()

    async def use() -> Reply:
        limits = TimeLimits()
        async with connect(API, Secret(KEY), limits=limits, transport=transport) as client:
            return await client.start(a_request(base_url=API))

    assert isinstance(asyncio.run(use()), Answer)
    assert transport.closed


def test_nothing_is_opened_where_the_proxy_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example")

    async def use() -> None:
        async with open_connections(API):
            pass

    with pytest.raises(UsageError):
        asyncio.run(use())


def has_addresses(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every host have these addresses."""
    resolve = socket.getaddrinfo

    def resolve_all(_: object, *rest: Any, **more: Any) -> list[Any]:
        return [found for address in addresses for found in resolve(address, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve_all)


def test_the_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    has_addresses(monkeypatch, "127.0.0.2", "127.0.0.1")
    with serving(REGISTERED) as server:
        (reply,) = send(server.url.replace("127.0.0.1", "api.test"))
    assert isinstance(reply, Answer)


def test_a_host_whose_addresses_all_refuse_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    has_addresses(monkeypatch, "127.0.0.2", "127.0.0.1")
    (reply,) = send(f"http://api.test:{closed_port()}")
    assert isinstance(reply, NotSent)
    assert reply.reason.endswith(": Connection refused")


def answers_three(connection: socket.socket, _: object) -> None:
    """Answer this request and the two after it on its connection."""
    connection.sendall(ANSWER)
    for _ in range(2):
        while b"}" not in connection.recv(65_536):
            pass
        connection.sendall(ANSWER)


@contextmanager
def in_one_piece(connection: socket.socket) -> Iterator[None]:
    """Let what is sent meanwhile arrive at once."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    yield
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
    connection.recv(65_536)


def answers_twice(connection: socket.socket, _: object) -> None:
    """Answer a request with two answers; in TLS, in one record."""
    with in_one_piece(connection):
        connection.sendall(ANSWER * 2)


def answers_and_answers(connection: socket.socket, _: object) -> None:
    """Answer a request with two answers; in TLS, in two records."""
    with in_one_piece(connection):
        connection.sendall(ANSWER)
        connection.sendall(ANSWER)


def answers_and_leaves_tls(connection: socket.socket, _: object) -> None:
    """Answer a request, and go on in the clear."""
    with in_one_piece(connection), socket.socket(fileno=os.dup(connection.fileno())) as plain:
        connection.sendall(ANSWER)
        plain.sendall(ANSWER)


def answers_and_ends_tls(connection: socket.socket, _: object) -> None:
    """Answer a request, and say that nothing more will come."""
    assert isinstance(connection, ssl.SSLSocket)
    with in_one_piece(connection):
        connection.sendall(ANSWER)
        connection.setblocking(False)
        with suppress(ssl.SSLWantReadError):
            connection.unwrap()
        connection.setblocking(True)


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "TLS"])
def test_a_connection_is_used_again_after_one_clean_answer(
    ca_file: Path, certificate: ssl.SSLContext, secured: bool
) -> None:
    with serving(answers_three, tls=certificate if secured else None) as server:
        replies = send(server.url, server.url, server.url, ca_file=ca_file)
    assert [isinstance(reply, Answer) for reply in replies] == [True] * 3
    # The server itself saw the first request of a connection only.
    assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="pieces cannot be kept together here")
@pytest.mark.parametrize(
    ("say", "secured"),
    [
        (answers_twice, False),
        (answers_twice, True),
        (answers_and_answers, True),
        (answers_and_ends_tls, True),
    ],
    ids=["plain", "one TLS record", "two TLS records", "the end of TLS"],
)
def test_a_connection_on_which_more_came_than_one_answer_is_not_used_again(
    ca_file: Path, certificate: ssl.SSLContext, say: Say, secured: bool
) -> None:
    with serving(say, tls=certificate if secured else None) as server:
        replies = send(server.url, server.url, ca_file=ca_file)
    assert [isinstance(reply, Answer) for reply in replies] == [True, True]
    assert len(server.requests) == 2


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="pieces cannot be kept together here")
def test_an_answer_that_ends_in_something_other_than_tls_is_lost(
    ca_file: Path, certificate: ssl.SSLContext
) -> None:
    with serving(answers_and_leaves_tls, tls=certificate) as server:
        (reply,) = send(server.url, ca_file=ca_file)
    assert reply == Lost("the answer was lost: TLS failed: wrong version number")


def test_a_connection_that_says_nothing_of_its_parser_is_not_used_again() -> None:
    assert holds_more(object())
