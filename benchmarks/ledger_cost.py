"""What the ledger costs a start, beside what a disk and a bare database cost in the same run.

Run it with `python benchmarks/ledger_cost.py`; `--postgres URL` also measures a server, in a schema
of its own that is removed again. Every figure is a median of rounds, and all kinds take turns in
each round, so that a busy machine slows them alike: read the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Ending, Event, Key, RunInfo, State
from ringg_runner.ledger.store import Ledger, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEASE = timedelta(minutes=2)
URL = "https://prod-api.ringg.ai/ca/api/v0"
REQUEST = {
    "agent_id": "7c7595a7-5094-42b6-90d4-bf07f1e3a083",
    "list_id": "2af24837-4a28-4bd7-9fe8-35bf28e2a172",
    "number_pool_id": "5b1cbb6a-52ff-4a4a-9d3e-7d8b0f4b2c11",
    "callback_url": f"sha256:{'0' * 64}",
}
ATTEMPT = {
    "n": 1,
    "sent_at": "2026-12-01T09:00:00Z",
    "seconds": 0.412,
    "status": 200,
    "verdict": "started",
    "detail": "campaign registered successfully!",
}
ENDING = Ending(State.STARTED, "campaign registered successfully!", "answer")

FSYNC = "fsync of a small file"
MEMORY = "SQLite in memory"


def start(ledger: Ledger, run: RunInfo) -> None:
    """Do what a start that succeeds does to a ledger: claim, note its attempt, finish."""
    now = datetime.now(UTC)
    key = Key(URL, ListId(str(uuid4())))
    ledger.claim(key, run, name="benchmark", request=REQUEST, now=now, lease_until=now + LEASE)
    ledger.note(key, run, Event.ATTEMPT, ATTEMPT, now=now)
    ledger.finish(key, run, ENDING, now=now)


@contextmanager
def starts_in(place: str | Path) -> Iterator[Callable[[], None]]:
    """Yield one start in a ledger."""
    run = RunInfo(str(uuid4()), "host", "user", "0")
    with open_ledger(place) as ledger:
        yield lambda: start(ledger, run)


@contextmanager
def fsyncs_in(folder: Path) -> Iterator[Callable[[], None]]:
    """Yield one durable write of a few bytes."""
    descriptor = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT)

    def once() -> None:
        os.pwrite(descriptor, b"x" * 512, 0)
        os.fsync(descriptor)

    try:
        yield once
    finally:
        os.close(descriptor)


@contextmanager
def rows_in(place: str) -> Iterator[Callable[[], None]]:
    """Yield three transactions of one row each, as a start has three, without a ledger's rules."""
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (id TEXT, text TEXT)")

        def once() -> None:
            for _ in range(3):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO rows VALUES (?, ?)", (str(uuid4()), "x" * 500))
                connection.execute("COMMIT")

        yield once


@contextmanager
def a_schema(server: str) -> Iterator[str]:
    """Yield the address of a new schema on a PostgreSQL server; it is removed afterwards."""
    import psycopg
    from sqlalchemy import make_url

    name = f"ringg_benchmark_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        try:
            url = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


def schema_size(url: str) -> int:
    """Return the bytes that a schema's tables and indexes take."""
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        ).fetchone()
    return int(found[0]) if found else 0


def file_size(path: Path) -> int:
    """Return the bytes of a SQLite file, once all of it is in the one file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def seconds_each(work: Callable[[], None], times: int) -> float:
    """Return how long one piece of work takes, on average."""
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times


def measure(kinds: dict[str, Callable[[], None]], rounds: int, times: int) -> dict[str, float]:
    """Return the median seconds of each kind; all of them take their turn in every round."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, work in kinds.items():
            taken[name].append(seconds_each(work, times))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def growth(work: Callable[[], None], size: Callable[[], int], times: int) -> float:
    """Return by how many bytes a ledger grows with each start."""
    before = size()
    for _ in range(times):
        work()
    return (size() - before) / times


def show(*cells: str) -> None:
    """Write one row of a table to stdout."""
    first, *rest = cells
    sys.stdout.write(f"{first:<34}" + "".join(f"{cell:>14}" for cell in rest) + "\n")


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=40, help="starts in each round")
    parser.add_argument("--postgres", metavar="URL", help="a server to measure too")
    parser.add_argument("--folder", help="where the files lie; choose the disk that you ask about")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, ExitStack() as stack:
        folder = Path(name)
        ledger = folder / "ledger.db"
        kinds = {
            FSYNC: stack.enter_context(fsyncs_in(folder)),
            f"{MEMORY}, three rows": stack.enter_context(rows_in(":memory:")),
            "bare SQLite file, three rows": stack.enter_context(rows_in(str(folder / "bare.db"))),
            "ledger on SQLite, one start": stack.enter_context(starts_in(ledger)),
        }
        sizes = {"SQLite": (kinds["ledger on SQLite, one start"], lambda: file_size(ledger))}
        if chosen.postgres:
            url = stack.enter_context(a_schema(chosen.postgres))
            work = kinds["ledger on PostgreSQL, one start"] = stack.enter_context(starts_in(url))
            sizes["PostgreSQL"] = (work, lambda: schema_size(url))
        medians = measure(kinds, chosen.rounds, chosen.starts)
        show("", "ms (median)", "x memory", "x fsync")
        for kind, seconds in medians.items():
            ratios = (seconds / medians[base] for base in (f"{MEMORY}, three rows", FSYNC))
            show(kind, f"{seconds * 1000:.3f}", *(f"{ratio:.1f}" for ratio in ratios))
        sys.stdout.write("\n")
        show("growth", "bytes a start")
        for kind, (work, size) in sizes.items():
            show(f"ledger on {kind}", f"{growth(work, size, 1000):.0f}")


if __name__ == "__main__":
    main()
