"""An apply as a process: it runs on an event loop, listens to signals and writes as it goes."""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringg_runner.api.client import TimeLimits
from ringg_runner.api.server_list import Listing
from ringg_runner.api.workspace import Workspace
from ringg_runner.cli.connecting import Seen, open_client
from ringg_runner.cli.log import Log
from ringg_runner.cli.output import log, say, show, show_at_all_costs, warn
from ringg_runner.cli.progress import watching
from ringg_runner.cli.signals import heeded
from ringg_runner.errors import UsageError
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.report import text
from ringg_runner.report.events import RunEvents
from ringg_runner.report.waiting import of_waited
from ringg_runner.running.claims import GATHERING, LEASE, Claims, shortest_lease
from ringg_runner.running.executor import Executor
from ringg_runner.running.guarding import Watch
from ringg_runner.running.leftovers import settle_leftovers
from ringg_runner.running.lookout import Lookout
from ringg_runner.running.surroundings import Interruption, Patience
from ringg_runner.times import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ringg_runner.campaigns import ListId
    from ringg_runner.cli.options import Wait
    from ringg_runner.guards import Guard
    from ringg_runner.ledger.records import Entry, RunInfo
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.planner import Plan
    from ringg_runner.prepared import Prepared
    from ringg_runner.redaction import Secret
    from ringg_runner.running.pace import Limiter
    from ringg_runner.running.tally import Tally
    from ringg_runner.runs import Result, Run, Stop
    from ringg_runner.waiting import Waited


GRACE = 5.0
"""For how many seconds an interrupted run waits for its answers: CI kills after about seven."""

_SHORTEST = 0.05
"""For fewer seconds than these no request is held back: timers are not that exact."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an apply goes about it; `refresh` where the server's list may be read.

    `quiet` keeps notes and progress back; `results` where each is written as it becomes known;
    `concurrency` is how many requests are in flight at the most, `rate` how many begin a second.
    With `wait` the ends of the campaigns are waited for.
    """

    limits: TimeLimits = field(default_factory=TimeLimits)
    patience: Patience = field(default_factory=Patience)
    refresh: bool = True
    lease: float = LEASE
    ca_file: Path | None = None
    quiet: bool = False
    results: bool = True
    concurrency: int = 8
    rate: float | None = None
    max_failures: int | None = None
    wait: Wait | None = None

    def __post_init__(self) -> None:
        """Refuse, with UsageError, a lease under which a request could leave too late."""
        shortest = shortest_lease(self.limits.answer)
        if self.lease < shortest:
            raise UsageError(
                f"a lease of {self.lease:g} s is too short for a time-out of "
                f"{self.limits.answer:g} s",
                f"give --lease {shortest:g} or more, or a shorter --timeout",
            )


@dataclass(frozen=True, slots=True)
class Approved:
    """A plan that may be carried out, what that takes, and what was known when it was made.

    `overrides` has the reasons for which a person overrides guards.
    """

    prepared: Prepared
    plan: Plan
    key: Secret
    manner: Manner
    known: Mapping[ListId, Entry]
    seen: Seen = field(default_factory=Seen)
    overrides: Mapping[Guard, str] = field(default_factory=dict)

    @property
    def terms(self) -> dict[str, Any]:
        """What the ledger keeps of every claim that is made under this approval."""
        reviewed = self.prepared.reviewed
        reasons = {str(guard): reason for guard, reason in self.overrides.items()}
        return ({"overrides": reasons} if reasons else {}) | (
            {"plan": reviewed.seal} if reviewed else {}
        )

    @property
    def watch(self) -> Watch:
        """The guards, as they hold while the plan is carried out."""
        holder = self.seen.holder
        return Watch(
            self.prepared.environment.guards,
            self.overrides,
            self.prepared.hold.look,
            holder.id if isinstance(holder, Workspace) else None,
        )


def carry_out(
    approved: Approved, ledger: Ledger, who: RunInfo, report: Callable[[Result], None]
) -> Run:
    """Carry a plan out; each result is reported as it becomes known."""
    events = RunEvents(who.run_id, approved.plan.environment)
    log(events.started, approved.plan)
    _settle_leftovers(approved, ledger, who)
    prepared, manner = approved.prepared, approved.manner

    async def run() -> Run:
        clock = SystemClock()
        claims = Claims(ledger, who, clock, manner.lease, GATHERING, approved.terms)
        way = open_client(
            prepared.project, prepared.environment, approved.key, manner.limits, manner.ca_file
        )
        async with way as client, claims.kept_alive():
            executor = Executor(
                client,
                claims,
                Lookout(client, clock) if manner.refresh else None,
                clock,
                manner.patience,
                concurrency=manner.concurrency,
                limiter=_limiter(manner.rate),
                max_failures=manner.max_failures,
                watch=approved.watch,
                witness=Log(events),
            )
            with (
                watching(
                    executor.tally,
                    approved.plan,
                    clock,
                    results=manner.results,
                    quiet=manner.quiet,
                    events=events,
                ),
                _ended_by_signals(executor.interruption, executor.tally),
            ):
                return await executor.run(approved.plan, report)

    # The plan stays to the end: the garbage collector need not look through it again and again.
    gc.freeze()
    ended = asyncio.run(run())
    log(events.ended, ended)
    return ended


def _limiter(rate: float | None) -> Limiter | None:
    """Return what lets so many requests begin a second, as evenly as timers can."""
    if rate is None:
        return None
    from aiolimiter import AsyncLimiter

    at_once = max(1.0, rate * _SHORTEST)
    return AsyncLimiter(at_once, at_once / rate)


def _settle_leftovers(approved: Approved, ledger: Ledger, who: RunInfo) -> None:
    """Settle what the plan is not about, by the look that it was made with."""
    view = approved.seen.view
    if not isinstance(view, Listing):
        return
    planned = {start.campaign.list_id for start in approved.plan.starts}
    others = [entry for list_id, entry in approved.known.items() if list_id not in planned]
    now = SystemClock().now()
    try:
        for entry in settle_leftovers(ledger, who, others, view, now):
            say(f"settled: {entry.name} (list {entry.key.list_id}) did start, by the server's list")
    except LedgerError as failure:
        say(f"what earlier runs left open is not settled: {failure}", "warning")


@contextmanager
def _ended_by_signals(interruption: Interruption, tally: Tally) -> Iterator[None]:
    """Let the first signal end the run in order, and the second give up what is under way."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    timers: list[asyncio.TimerHandle] = []

    def received(stop: Stop) -> None:
        if interruption.is_set():
            task.cancel()
            return
        interruption.set(stop)
        timers.append(loop.call_later(GRACE, task.cancel))
        under_way = f"; {tally.in_flight} under way may end within {GRACE:g} s"
        say(f"interrupted: nothing more is started{under_way if tally.in_flight else ''}")

    try:
        with heeded(received):
            yield
    finally:
        for timer in timers:
            timer.cancel()


class ResultTable:
    """Writes each result to stdout as it becomes known, and the summary at the end."""

    def __init__(self, plan: Plan, *, attempts: bool) -> None:
        """Write the table's head; with `attempts` each result is followed by its attempts."""
        self._attempts = attempts
        self._written = True
        self._columns = text.Columns.of(planned.campaign for planned in plan.starts)
        show(*text.head_of_run(plan, self._columns))

    def add(self, result: Result) -> None:
        """Write one result."""
        self._write(text.of_result(result, self._columns))
        if self._attempts:
            self._write(*text.of_attempts(result))

    def end(self, run: Run) -> bool:
        """Write what follows the results, and return whether stdout took everything."""
        self._write(*text.of_run(run))
        return self._written

    def end_of_waiting(self, waited: Waited) -> bool:
        """Write what waiting came to, and return whether stdout took everything."""
        self._write(*of_waited(waited))
        return self._written

    def _write(self, *lines: str) -> None:
        if self._written:
            self._written = show_at_all_costs(*lines)
        else:
            warn(lines)
