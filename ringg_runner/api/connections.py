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
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import truststore

from ringg_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path


@dataclass(slots=True)
class Connections:
    """As many transports as there are requests in flight; the one used last is used next."""

    make: Callable[[], httpx.AsyncBaseTransport]
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
    connections = Connections((lambda: transport) if transport else _network(base_url, ca_file))
    try:
        yield connections
    finally:
        await connections.close()


def _network(base_url: str, ca_file: Path | None) -> Callable[[], httpx.AsyncBaseTransport]:
    if not base_url.startswith("https://"):
        # Plain http is for loopback alone; through a proxy the key would leave in the open.
        return lambda: httpx.AsyncHTTPTransport(verify=False, trust_env=False)
    context, proxy = tls_context(ca_file), proxy_for(base_url)
    return lambda: httpx.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return whom to trust: the system's certificates, or those of a file instead.

    Raises UsageError where the file cannot be read or holds no certificate.
    """
    if ca_file is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise UsageError(
            f"--ca-file: {ca_file} holds no certificate", "give certificates in PEM form"
        ) from None
    except OSError as failure:
        raise UsageError(f"--ca-file: {ca_file}: {failure.strerror}") from None


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`) names for an API.

    Raises UsageError for one that cannot be used.
    """
    proxies = getproxies()
    found = proxies.get("https") or proxies.get("all")
    if not found or proxy_bypass(urlsplit(base_url).netloc):
        return None
    try:
        proxy = httpx.Proxy(found if "://" in found else f"http://{found}")
    except (ValueError, httpx.InvalidURL):
        # What is wrong with it is not said: it may hold a password.
        raise UsageError("the proxy in HTTPS_PROXY is no URL", "write it as host:port") from None
    if proxy.url.scheme not in ("http", "https"):
        raise UsageError(
            f"the proxy in HTTPS_PROXY speaks {proxy.url.scheme}",
            "only http and https proxies are supported",
        )
    return proxy
