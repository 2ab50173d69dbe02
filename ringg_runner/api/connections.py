"""The network of a run: a transport for each request in flight, and one TLS context for all.

The requests of an `httpx.AsyncClient` share one pool, whose every request looks through all the
others: 32 in flight get through a third of what 32 transports of their own do, and the client's
own steps cost half as much again as the transport beneath (`benchmarks/` has the figures). The API
needs none of those steps: no redirect is followed, no cookie kept, no URL merged.
"""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
import truststore

from ringg_runner.api.lines import Line, url_for_httpcore
from ringg_runner.api.streams import AsyncioBackend
from ringg_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

KEPT = 5.0
"""For how many seconds a connection is kept that nobody uses."""


@dataclass(slots=True)
class Connections:
    """As many transports as there are requests in flight; the one used last is used next."""

    make: Callable[[], httpx.AsyncBaseTransport]
    proxy: httpx.Proxy | None = None
    _all: list[httpx.AsyncBaseTransport] = field(default_factory=list, init=False)
    _idle: list[httpx.AsyncBaseTransport] = field(default_factory=list, init=False)

    @contextmanager
    def one(self) -> Iterator[httpx.AsyncBaseTransport]:
        """Lend a transport that nobody else uses meanwhile."""
        if not self._idle:
            self._idle.append(self.make())
            self._all.append(self._idle[-1])
        transport = self._idle.pop()
        try:
            yield transport
        finally:
            self._idle.append(transport)

    @property
    def by_way_of(self) -> str:
        """What follows the API's host where a message names it: the proxy, if there is one."""
        return f" through the proxy {self.proxy.url.netloc.decode()}" if self.proxy else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no output may hold: what the proxy knows us by."""
        user, password = (self.proxy.auth if self.proxy else None) or ("", "")
        return (password, f"{user}:{password}") if password else ()

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._all:
            await transport.aclose()


@asynccontextmanager
async def open_connections(
    base_url: str, *, ca_file: Path | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Connections]:
    """Open the way to an API; `transport` stands in for the network where it is given.

    Certificates are checked against the system's store, or against `ca_file` alone. Raises
    UsageError where that file, or a proxy that the environment names, cannot be used.
    """
    connections = Connections(lambda: transport) if transport else _network(base_url, ca_file)
    try:
        yield connections
    finally:
        await connections.close()


def _network(base_url: str, ca_file: Path | None) -> Connections:
    if not base_url.startswith("https://"):
        # Plain http is for loopback alone; through a proxy the key would leave in the open.
        return Connections(partial(Line, _maker()))
    context, proxy = tls_context(ca_file), proxy_for(base_url)
    if proxy is not None and proxy.url.scheme == "https":
        proxy.ssl_context = context
    return Connections(partial(Line, _maker(context, proxy)), proxy)


def _maker(
    context: ssl.SSLContext | None = None, proxy: httpx.Proxy | None = None
) -> httpcore.AsyncConnectionPool:
    """Return what makes connections, directly or through a proxy."""
    backend = AsyncioBackend()
    if proxy is None:
        return httpcore.AsyncConnectionPool(context, keepalive_expiry=KEPT, network_backend=backend)
    return httpcore.AsyncHTTPProxy(
        url_for_httpcore(proxy.url),
        proxy.raw_auth,
        ssl_context=context,
        proxy_ssl_context=proxy.ssl_context,
        keepalive_expiry=KEPT,
        network_backend=backend,
    )


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return whom to trust: the system's certificates, or those of a file instead.

    Raises UsageError where the file cannot be read or holds no certificate.
    """
    if ca_file is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        context = None
    except OSError as failure:
        raise UsageError(f"--ca-file: {ca_file}: {failure.strerror}") from None
    # A list of revoked certificates alone can be loaded too.
    if context is None or not context.cert_store_stats()["x509"]:
        raise UsageError(
            f"--ca-file: {ca_file} holds no certificate that can be read",
            "give certificates in PEM form",
        )
    return context


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`) names for an API.

    Raises UsageError for one that cannot be used.
    """
    proxies = getproxies()
    variable = "HTTPS_PROXY" if proxies.get("https") else "ALL_PROXY"
    found = (proxies.get("https") or proxies.get("all") or "").strip()
    if not found or proxy_bypass(urlsplit(base_url).netloc):
        return None
    # What is wrong with it is not said: it may hold a password.
    wrong = UsageError(
        f"the proxy in {variable} is no URL of a proxy",
        "write it as http://HOST:PORT; in a user name or password write / ? # % as %2F %3F %23 %25",
    )
    try:
        proxy = httpx.Proxy(found if "://" in found else f"http://{found}")
    except (ValueError, httpx.InvalidURL):
        raise wrong from None
    if proxy.url.scheme not in ("http", "https"):
        raise UsageError(
            f"the proxy in {variable} speaks {proxy.url.scheme}",
            "only http and https proxies are supported",
        )
    if not proxy.url.host or proxy.url.raw_path != b"/" or proxy.url.fragment:
        # A password with a slash in it would end the host, and be shown as one.
        raise wrong
    return proxy
