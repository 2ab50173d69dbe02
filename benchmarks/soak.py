"""A long apply against an API that goes wrong all the time; the API's own count is the truth.

Run it with `python benchmarks/soak.py`, and `--unreadable` for an API whose list may not be read.
It ends with exit code 1 where a list was started twice, or where the report says of a campaign
what is not so. What is unresolved must be what nobody can tell: without a list every start whose
answer was lost, and with one only what was lost twice.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

from apply_speed import KEY, a_server

FAULTS = ("--lost", "0.05", "--late", "0.05", "--unavailable", "0.05", "--throttled", "0.02")
LATE, TIMEOUT, SETTLE = "3", "1.5", "12"

MANIFEST = """\
version: 1
name: c{n}
agent_id: 830f767a-397e-4b39-82ff-235cd344e2f9
list_id: list-{n}
number_pool_id: 5b1cbb6a-52ff-4a4a-9d3e-7d8b0f4b2c11
"""


def write_project(folder: Path, base_url: str, count: int) -> None:
    """Write a project of so many campaigns, a hundred to a file."""
    (folder / "campaigns").mkdir()
    for first in range(0, count, 100):
        some = (MANIFEST.format(n=n) for n in range(first, min(first + 100, count)))
        (folder / "campaigns" / f"{first:06}.yaml").write_text("---\n".join(some), "utf-8")
    environment = f"version: 1\nenvironments:\n  production:\n    base_url: {base_url}\n"
    (folder / "ringg-runner.yaml").write_text(environment, "utf-8")


def apply(folder: Path, concurrency: int) -> dict[str, str]:
    """Apply everything, and return the outcome of each list."""
    command = [sys.executable, "-m", "ringg_runner", "apply", "--yes", "--format", "json"]
    options = ["--concurrency", str(concurrency), "--timeout", TIMEOUT, "--settle", SETTLE]
    # In CI nothing is started that may have been started before; here nothing was.
    options.append("--without-memory")
    environment = os.environ | {"RINGG_API_KEY": KEY}
    done = subprocess.run(
        [*command, *options], cwd=folder, env=environment, stdout=subprocess.PIPE, check=False
    )
    campaigns = json.loads(done.stdout)["campaigns"]
    return {campaign["list_id"]: campaign["outcome"] for campaign in campaigns}


def truth_of(base_url: str) -> tuple[Counter[str], int]:
    """Return how often each list was started, and how many start requests came."""
    root = base_url.removesuffix("/ca/api/v0")
    with urllib.request.urlopen(f"{root}/starts") as answer:  # noqa: S310, our own server
        told = json.loads(answer.read())
    return Counter(told["starts"]), told["requests"]


def wrong(outcomes: dict[str, str], starts: Counter[str]) -> list[str]:
    """Return every list of which the report says what is not so, or that was started twice."""
    return [
        f"{list_id}: {outcome}, started {starts[list_id]} times"
        for list_id, outcome in outcomes.items()
        if starts[list_id] > 1
        or ((outcome == "started") != bool(starts[list_id]) and outcome != "unresolved")
    ]


def main() -> None:
    """Soak, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--unreadable", action="store_true", help="the list may not be read")
    parser.add_argument("--seed", default="1")
    chosen = parser.parse_args()
    lists = () if chosen.unreadable else ("--lists", str(chosen.campaigns))
    faults = (*FAULTS, "--late-seconds", LATE, "--latency", "0.02", "--seed", chosen.seed)
    with a_server(*faults, *lists) as url, tempfile.TemporaryDirectory() as name:
        write_project(Path(name), url, chosen.campaigns)
        begun = time.monotonic()
        outcomes = apply(Path(name), chosen.concurrency)
        seconds = time.monotonic() - begun
        starts, requests = truth_of(url)
    counts = Counter(outcomes.values())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    unresolved = [list_id for list_id, outcome in outcomes.items() if outcome == "unresolved"]
    found = wrong(outcomes, starts)
    for line in (
        f"{chosen.campaigns:,} campaigns, {requests:,} requests, {seconds:.0f} s, {peak} MiB",
        f"the report: {', '.join(f'{count:,} {outcome}' for outcome, count in counts.items())}",
        f"the API: {len(starts):,} lists started, the most often {max(starts.values())} times",
        f"unresolved and started: {sum(starts[list_id] for list_id in unresolved):,}",
        *(f"WRONG {line}" for line in found),
    ):
        sys.stdout.write(f"{line}\n")
    sys.exit(1 if found or len(outcomes) != chosen.campaigns else 0)


if __name__ == "__main__":
    main()
