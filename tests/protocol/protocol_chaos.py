"""Kills applies at random moments, applies again, and asks the server what really happened.

    python tests/protocol/protocol_chaos.py --seeds 50

A server that guards against nothing counts the starts. 200 campaigns are applied by processes that
are killed with SIGKILL, one after the other, until one of them is left alone; then again, until
nothing is left to do. No list may have been started twice, none may be left behind, and the
ledger's trail must hold.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from signal import SIGKILL

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from protocol_processes import Workplace, a_workplace, list_ids, told_by
from protocol_server import Moment, TruthServer, truth

from ringg_runner.ledger.records import State
from ringg_runner.ledger.store import open_ledger

MOST_KILLS = 6
MOST_RUNS = 60
SHORT_WHILE = 0.02
"""Seconds; a transaction on the ledger takes less."""


@dataclass
class Killer:
    """Kills a process at one moment of one of its start requests, or a short while after it."""

    process: subprocess.Popen[str]
    request: int
    moment: Moment
    later: float

    def watch(self, moment: Moment) -> None:
        if moment is self.moment:
            self.request -= 1
            if not self.request:
                time.sleep(self.later)
                self.process.kill()


@dataclass(frozen=True)
class Survived:
    """What one seed came to."""

    seed: int
    kills: int
    runs: int
    seconds: float

    def __str__(self) -> str:
        runs = f"{self.runs} runs, {self.kills} of them killed"
        return f"seed {self.seed}: {runs}, {self.seconds:.1f} s: each list started once"


def survive(seed: int, folder: Path) -> Survived:
    """Apply under chaos; raises AssertionError where the promise is broken."""
    random, begun, lists = Random(seed), time.monotonic(), list_ids()
    with truth(lists) as server:
        place = a_workplace(folder, server.url, lists)
        kills = sum(_killed(place, server, random) for _ in range(random.randint(2, MOST_KILLS)))
        _at_most_once(server)
        runs = _until_quiet(place, server)
        assert set(server.starts) == set(lists), "a list was never started"
        _the_ledger_holds(place, len(lists))
    return Survived(seed, kills, kills + runs, time.monotonic() - begun)


def _killed(place: Workplace, server: TruthServer, random: Random) -> bool:
    """Kill an apply at some moment; False where it had ended before."""
    left = len(server.list_ids) - len(server.starts)
    process = place.apply()
    moment, later = random.choice(list(Moment)), random.choice((0, random.uniform(0, SHORT_WHILE)))
    server.watch = Killer(process, random.randint(1, max(1, left // 2)), moment, later).watch
    process.communicate()
    server.watch = lambda _: None
    return process.returncode == -SIGKILL


def _until_quiet(place: Workplace, server: TruthServer) -> int:
    """Apply until everything is a skip; what killed runs hold is held until their leases end."""
    for run in range(1, MOST_RUNS):
        told = told_by(place.apply("--format", "json"))
        _at_most_once(server)
        for campaign in told.campaigns:
            known = campaign["outcome"] not in ("started", "skipped")
            assert known or server.starts[campaign["list_id"]] == 1, campaign
        assert told.summary["unresolved"] == told.summary["failed"] == 0, told
        if told.summary["skipped"] == len(told.campaigns):
            assert told.code == 0
            return run
    raise AssertionError("it never becomes quiet")


def _at_most_once(server: TruthServer) -> None:
    assert not server.started_more_than_once, server.started_more_than_once


def _the_ledger_holds(place: Workplace, count: int) -> None:
    with open_ledger(place.ledger, create=False) as ledger:
        assert ledger.verify() is None
        states = [entry.state for entry in ledger.entries()]
    assert states == [State.STARTED] * count


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill applies at random moments.")
    parser.add_argument("--seeds", type=int, default=50, help="how many different courses")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        with tempfile.TemporaryDirectory(prefix="ringg-chaos-") as folder:
            print(survive(seed, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
