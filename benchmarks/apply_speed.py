"""How fast campaigns are started, beside what others get out of the same server in the same run.

Run it with `python benchmarks/apply_speed.py`. All kinds take turns in every round and each figure
is the median of the rounds. The ideal is campaigns x latency / concurrency, with the latency that
a bare socket sees. Everything runs on this machine, the server too: read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import httpx
from counting_server import BASE_PATH

from ringg_runner.api.client import TimeLimits, connect
from ringg_runner.authoring.environments import Environment
from ringg_runner.campaigns import Campaign, ListId, StartRequest, Window
from ringg_runner.ledger.records import RunInfo
from ringg_runner.ledger.store import open_ledger
from ringg_runner.planner import make_plan
from ringg_runner.redaction import Secret
from ringg_runner.running.claims import GATHERING, Claims
from ringg_runner.running.executor import Executor
from ringg_runner.times import SystemClock

KEY = "benchmark-key-0123456789"
HEADERS = {"X-API-KEY": KEY, "Accept": "application/json", "User-Agent": "benchmark"}

Work: TypeAlias = Callable[[list[Campaign], int], Awaitable[float]]
"""Starts campaigns with so many in flight, and returns the seconds that this took."""


@contextmanager
def a_server(*options: str) -> Iterator[str]:
    """Yield the base URL of a counting server."""
    command = (sys.executable, str(Path(__file__).with_name("counting_server.py")), *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}{BASE_PATH}"
        finally:
            process.kill()


def campaigns_at(base_url: str, count: int) -> list[Campaign]:
    """Return campaigns that may start now."""
    return [
        Campaign(
            f"c{n}",
            "campaigns/all.yaml",
            n + 1,
            StartRequest(
                base_url,
                "830f767a-397e-4b39-82ff-235cd344e2f9",
                ListId(f"list-{n}"),
                "5b1cbb6a-52ff-4a4a-9d3e-7d8b0f4b2c11",
            ),
            {},
            enabled=True,
            window=Window(),
        )
        for n in range(count)
    ]


def latency_of(base_url: str, times: int = 20) -> float:
    """Return the median seconds from a request's last byte to its answer on a bare socket."""
    request = campaigns_at(base_url, 1)[0].request
    body = json.dumps(request.body).encode()
    url = httpx.URL(request.url)
    head = f"POST {url.path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    seen = []
    with socket.create_connection((url.host, url.port or 80)) as connection:
        for _ in range(times):
            begun = time.perf_counter()
            connection.sendall(head.encode() + body)
            connection.recv(65_536)
            seen.append(time.perf_counter() - begun)
    return statistics.median(seen)


async def in_turn(
    campaigns: list[Campaign], workers: list[Callable[[Campaign], Awaitable[object]]]
) -> float:
    """Let each worker take campaign after campaign; return the seconds for all."""
    waiting = iter(campaigns)

    async def work(send: Callable[[Campaign], Awaitable[object]]) -> None:
        for campaign in waiting:
            await send(campaign)

    begun = time.perf_counter()
    await asyncio.gather(*map(work, workers))
    return time.perf_counter() - begun


async def _post(client: httpx.AsyncClient, campaign: Campaign) -> None:
    answer = await client.post(campaign.request.url, json=campaign.request.body)
    assert answer.status_code == 200


async def shared_client(campaigns: list[Campaign], concurrency: int) -> float:
    """Send through one client."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(headers=HEADERS, limits=limits) as client:
        return await in_turn(campaigns, [partial(_post, client)] * concurrency)


async def client_each(campaigns: list[Campaign], concurrency: int) -> float:
    """Send through a client for each request in flight."""
    clients = [httpx.AsyncClient(headers=HEADERS) for _ in range(concurrency)]
    seconds = await in_turn(campaigns, [partial(_post, client) for client in clients])
    for client in clients:
        await client.aclose()
    return seconds


async def our_client(campaigns: list[Campaign], concurrency: int) -> float:
    """Send through the product's client alone: no ledger, no plan, nothing judged."""
    base_url = campaigns[0].request.base_url
    async with connect(base_url, Secret(KEY), limits=TimeLimits()) as client:

        async def send(campaign: Campaign) -> None:
            await client.start(campaign.request)

        return await in_turn(campaigns, [send] * concurrency)


async def apply(
    campaigns: list[Campaign], concurrency: int, *, durable: bool = True, folder: str | None = None
) -> float:
    """Carry a plan out as apply does: claim, send, judge, record."""
    base_url, clock = campaigns[0].request.base_url, SystemClock()
    environment = Environment("benchmark", base_url, embedded=False, aliases={})
    plan = make_plan(campaigns, environment, clock.now(), {})
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
        ledger = stack.enter_context(open_ledger(Path(name) / "ledger.db"))
        if not durable:
            with ledger._database._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA synchronous = OFF")
        claims = Claims(ledger, RunInfo("run", "host", "user", "0"), clock, gathering=GATHERING)
        way = connect(base_url, Secret(KEY), limits=TimeLimits())
        async with way as client, claims.kept_alive():
            executor = Executor(client, claims, None, clock, concurrency=concurrency)
            gc.freeze()  # as the command does
            begun = time.perf_counter()
            run = await executor.run(plan, lambda _: None)
            seconds = time.perf_counter() - begun
    assert run.exit_code == 0
    assert executor.tally.outcomes["started"] == len(campaigns)
    return seconds


async def curl(campaigns: list[Campaign], concurrency: int) -> float:
    """Send as a shell does, with a curl for each campaign."""
    url, bodies = campaigns[0].request.url, [json.dumps(c.request.body) for c in campaigns]
    command = ["xargs", "-0", "-P", str(concurrency), "-I{}", "curl", "-s", "-o", os.devnull]
    command += ["-H", f"X-API-KEY: {KEY}", "-H", "Content-Type: application/json", "-d", "{}", url]
    begun = time.perf_counter()
    subprocess.run(command, input="\0".join(bodies).encode(), check=True)
    return time.perf_counter() - begun


KINDS: dict[str, Work] = {
    "one httpx.AsyncClient for all": shared_client,
    "an httpx.AsyncClient each": client_each,
    "our client alone": our_client,
    "apply, ledger not durable": partial(apply, durable=False),
    "apply, ledger on": apply,
}


@dataclass
class Load:
    """One situation to measure in."""

    latency: float
    concurrency: int
    campaigns: int


LOADS = (Load(0.05, 8, 1_000), Load(0.05, 32, 4_000), Load(0.05, 64, 6_000), Load(0, 32, 5_000))


def measure(load: Load, kinds: dict[str, Work], rounds: int) -> tuple[float, dict[str, float]]:
    """Return the latency that a bare socket sees, and the median seconds of each kind."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    latency = 0.0
    for _ in range(rounds):
        for name, work in kinds.items():
            with a_server("--latency", str(load.latency)) as url:
                latency = latency_of(url)
                seconds = asyncio.run(work(campaigns_at(url, load.campaigns), load.concurrency))
            taken[name].append(seconds)
    return latency, {name: statistics.median(seconds) for name, seconds in taken.items()}


def show(*cells: str) -> None:
    """Write one row of a table to stdout."""
    first, *rest = cells
    sys.stdout.write(f"{first:<34}" + "".join(f"{cell:>14}" for cell in rest) + "\n")
    sys.stdout.flush()


def report(load: Load, latency: float, medians: dict[str, float]) -> None:
    """Write the table of one situation."""
    title = f"{load.latency * 1000:g} ms, {load.concurrency} in flight, {load.campaigns:,} starts"
    show(title, "starts/s", "of the ideal", "x best httpx")
    ideal = load.campaigns * latency / load.concurrency
    best = min(medians["one httpx.AsyncClient for all"], medians["an httpx.AsyncClient each"])
    for kind, seconds in medians.items():
        of_ideal = f"{ideal / seconds:.0%}" if load.latency else "-"
        show(kind, f"{load.campaigns / seconds:.0f}", of_ideal, f"{best / seconds:.2f}")
    sys.stdout.write(f"(a bare socket waits {latency * 1000:.1f} ms for an answer)\n\n")


def main() -> None:
    """Measure, and print a table for each situation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=int, choices=range(len(LOADS)), help="one situation alone")
    parser.add_argument("--folder", help="where the ledger lies; choose the disk you ask about")
    chosen = parser.parse_args()
    kinds = {**KINDS, "apply, ledger on": partial(apply, folder=chosen.folder)}
    if shutil.which("xargs") and shutil.which("curl"):
        kinds = {"xargs -P and curl": curl, **kinds}
    loads = LOADS if chosen.only is None else LOADS[chosen.only : chosen.only + 1]
    with suppress(KeyboardInterrupt):
        for load in loads:
            report(load, *measure(load, kinds, chosen.rounds))


if __name__ == "__main__":
    main()
