"""A run on a clock that only waiting moves, with a ledger of its own and an API that replies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from build import NOW, a_campaign, an_environment

from ringg_runner.api.answers import Answer, Reply
from ringg_runner.campaigns import Campaign, StartRequest
from ringg_runner.ledger.records import RunInfo
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.planner import Plan, make_plan
from ringg_runner.running.claims import Claims
from ringg_runner.running.executor import Executor
from ringg_runner.running.lookout import Lookout
from ringg_runner.running.pace import Limiter
from ringg_runner.running.surroundings import Patience
from ringg_runner.runs import Result, Run

ME = RunInfo("run-1", "host", "user", "0.0.0")
ANOTHER = RunInfo("run-0", "host", "user", "0.0.0", job_url="https://ci.example.com/7")


class FakeClock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass
class FakeApi:
    """Replies in turn, and keeps what was sent; `on_start` happens while a request is under way.

    Its list shows `words`, taken in turn too, the last one for ever; None is a list that nobody
    may read.
    """

    replies: list[Reply]
    words: list[dict[str, str]] | None = None
    sent: list[str] = field(default_factory=list)
    looks: int = 0
    on_start: Callable[[], None] = lambda: None

    async def start(self, request: StartRequest) -> Reply:
        self.sent.append(request.list_id)
        self.on_start()
        await asyncio.sleep(0)
        return self.replies.pop(0)

    async def campaigns(self, limit: int, offset: int) -> Reply:
        self.looks += 1
        if self.words is None:
            return Answer(404)
        shown = self.words.pop(0) if len(self.words) > 1 else self.words[0]
        rows = [{"id": list_id, "campaign_status": word} for list_id, word in shown.items()]
        return Answer(200, {"campaigns": rows, "pagination": {"total": len(rows)}})


def campaigns(count: int) -> list[Campaign]:
    """Campaigns that may start now, in the order of their files."""
    return [
        a_campaign(name=f"c{n}", list_id=f"list-{n}", file=f"campaigns/{n:03}.yaml")
        for n in range(1, count + 1)
    ]


@dataclass
class Runner:
    """Everything that one apply needs, and the results as they were reported."""

    api: FakeApi
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    patience: Patience = field(default_factory=Patience)
    who: RunInfo = ME
    reported: list[Result] = field(default_factory=list)
    limiter: Limiter | None = None

    def executor(self, ledger: Ledger) -> Executor:
        claims = Claims(ledger, self.who, self.clock)
        lookout = Lookout(self.api, self.clock)
        return Executor(self.api, claims, lookout, self.clock, self.patience, limiter=self.limiter)

    def ledger(self) -> Ledger:
        return open_ledger(self.folder / "ledger.db")

    def plan(self, ledger: Ledger, *planned: Campaign) -> Plan:
        known = {entry.key.list_id: entry for entry in ledger.entries()}
        return make_plan(planned, an_environment(), self.clock.now(), known)

    def run(self, *planned: Campaign) -> Run:
        """Apply these campaigns."""
        with self.ledger() as ledger:
            plan = self.plan(ledger, *planned)
            return asyncio.run(self.executor(ledger).run(plan, self.reported.append))
