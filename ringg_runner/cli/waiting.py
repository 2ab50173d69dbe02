"""Waits for campaigns to end, as a process: it looks, shows what it sees, and heeds signals."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ringg_runner.api.client import TimeLimits
from ringg_runner.api.server_list import Unreadable, read_list
from ringg_runner.cli.connecting import open_client
from ringg_runner.cli.output import log, logs_json, say, warn
from ringg_runner.cli.progress import has_room_for_a_bar, is_plain, looked_at
from ringg_runner.cli.signals import heeded
from ringg_runner.errors import RunnerError
from ringg_runner.report.events import RunEvents
from ringg_runner.report.waiting import changes
from ringg_runner.running.surroundings import Interruption
from ringg_runner.running.watch import watch
from ringg_runner.runs import Stop
from ringg_runner.times import SystemClock
from ringg_runner.waiting import End, Waited, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from ringg_runner.cli.applying import Approved
    from ringg_runner.cli.options import Wait
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.prepared import Prepared
    from ringg_runner.redaction import Secret
    from ringg_runner.runs import Run
    from ringg_runner.times import Clock
    from ringg_runner.waiting import Seen

    Tell: TypeAlias = Callable[[Waiting, float], None]


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits for campaigns of an environment.

    `quiet` shows nothing meanwhile but warnings. With `results` stdout took some before, and may
    lead to the terminal that stderr is.
    """

    prepared: Prepared
    key: Secret
    wait: Wait
    ca_file: Path | None = None
    quiet: bool = False
    results: bool = False
    run_id: str | None = None

    def wait_for(self, campaigns: tuple[Seen, ...]) -> Waited:
        """Wait until they are over, the time limit has passed, or a signal comes."""
        events = RunEvents(self.run_id, self.prepared.environment)
        clock, interruption = SystemClock(), Interruption()
        waiting = Waiting(campaigns, self.wait.poll)

        async def run() -> Waited:
            project, environment = self.prepared.project, self.prepared.environment
            way = open_client(project, environment, self.key, TimeLimits(), self.ca_file)
            with heeded(interruption.set), self._shown(waiting, events, clock) as tell:
                async with way as client:
                    return await watch(
                        waiting,
                        lambda: read_list(client),
                        clock=clock,
                        interruption=interruption,
                        limit=self.wait.limit,
                        tell=tell,
                    )

        waited = asyncio.run(run())
        log(events.watch_ended, waited)
        return waited

    @contextmanager
    def _shown(self, waiting: Waiting, events: RunEvents, clock: Clock) -> Iterator[Tell]:
        """Show each look while the block runs: in a log, on a board, or as lines."""
        if self.quiet:
            yield _tell_what_broke
        elif logs_json():
            yield partial(log, events.watch)
        elif has_room_for_a_bar(sys.stdout, sys.stderr, os.environ, results=self.results):
            from ringg_runner.cli.board import Board

            board = Board(waiting, clock, self.wait.limit, sys.stderr, plain=is_plain())
            with looked_at(board), redirect_stderr(board.above(sys.stderr)):

                def tell(waiting: Waiting, pause: float) -> None:
                    board.take(waiting, pause)
                    _tell_what_broke(waiting, pause)

                yield tell
        else:
            yield _tell_in_lines


_NO_USE = (Stop.KEY_REFUSED, Stop.LEFT_ALONE, Stop.INTERRUPTED, Stop.TERMINATED)
"""Why a run stopped whose ends nobody waits for: the API would not tell, or a person will not."""


def wait_for_ends(run: Run, approved: Approved, ledger: Ledger, *, results: bool) -> Run:
    """Return a run with what waiting for its campaigns came to, where that was asked for."""
    manner = approved.manner
    if manner.wait is None or run.stopped in _NO_USE:
        return run
    # It may take hours, and others have a use for the connection.
    ledger.close()
    waiter = Waiter(
        approved.prepared,
        approved.key,
        manner.wait,
        manner.ca_file,
        quiet=manner.quiet,
        results=results,
        run_id=run.run_id,
    )
    campaigns = run.to_wait_for
    try:
        waited = waiter.wait_for(campaigns)
    except RunnerError as failure:
        # What the run did is told in any case.
        broken = Waiting(campaigns, unreadable=Unreadable(str(failure), lasting=True))
        waited = Waited(broken, End.UNREADABLE, 0.0, manner.wait.limit)
    return replace(run, waited=waited)


def _tell_what_broke(waiting: Waiting, _pause: float) -> None:
    if waiting.broke and waiting.unreadable:
        say(f"the server's list is not read: {waiting.unreadable.reason}", "warning")


def _tell_in_lines(waiting: Waiting, pause: float) -> None:
    _tell_what_broke(waiting, pause)
    warn(changes(waiting))
