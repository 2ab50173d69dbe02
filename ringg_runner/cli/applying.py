"""An apply as a process: it runs on an event loop, listens to signals and writes as it goes."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING
from uuid import uuid4

from ringg_runner.cli.connecting import open_client
from ringg_runner.cli.output import say, show, show_at_all_costs, warn
from ringg_runner.report import text
from ringg_runner.running.executor import Executor, Interruption
from ringg_runner.runs import Result, Run, Stop
from ringg_runner.times import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.api.client import TimeLimits
    from ringg_runner.pipeline import Planned
    from ringg_runner.planner import Plan
    from ringg_runner.redaction import Secret


def carry_out(
    planned: Planned, key: Secret, limits: TimeLimits, report: Callable[[Result], None]
) -> Run:
    """Carry a plan out; each result is reported as it becomes known."""

    async def run() -> Run:
        environment = planned.plan.environment
        async with open_client(planned.project, environment, key, limits) as client:
            executor = Executor(client, SystemClock())
            _end_on_signals(executor.interruption)
            return await executor.run(planned.plan, str(uuid4()), report)

    return asyncio.run(run())


def _end_on_signals(interruption: Interruption) -> None:
    """Let the first signal end the run in order, and the second give up what is under way."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def received(stop: Stop) -> None:
        if interruption.is_set():
            task.cancel()
        else:
            interruption.set(stop)
            say("interrupted: nothing more is started; waiting for the request under way")

    loop.add_signal_handler(signal.SIGINT, received, Stop.INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, received, Stop.TERMINATED)


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

    def _write(self, *lines: str) -> None:
        if self._written:
            self._written = show_at_all_costs(*lines)
        else:
            warn(lines)
