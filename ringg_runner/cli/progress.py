"""Shows how far a run has come while it goes on: as a bar on a terminal, else as lines.

It only looks, from a thread of its own: neither a terminal that stands still nor a display that
fails can hold a run up.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TextIO

import click

from ringg_runner.cli.output import log, logs_json, say
from ringg_runner.report import progress, speed

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from ringg_runner.planner import Plan
    from ringg_runner.report.events import RunEvents
    from ringg_runner.running.tally import Tally
    from ringg_runner.runs import Outcome
    from ringg_runner.times import Clock

    Reading: TypeAlias = tuple[Tally, speed.Speed]

EVERY = 10.0
"""How many seconds lie between two lines where there is no terminal."""


@contextmanager
def watching(
    tally: Tally,
    plan: Plan,
    clock: Clock,
    *,
    results: bool,
    quiet: bool = False,
    every: float = EVERY,
    events: RunEvents | None = None,
) -> Iterator[None]:
    """Show the progress of a plan by its tally while the block runs; `quiet` shows nothing.

    `results` says whether stdout takes results meanwhile: they are then written above the bar
    where stdout is the same terminal, and there is no bar where they could get into it. A log in
    JSON gets `events` instead of either.
    """
    gauge = Gauge(tally, speed.without_a_request(plan), clock)
    if quiet:
        yield
    elif events is not None and logs_json():
        with looked_at(Lines(gauge.read, clock, every, partial(log, events.progress))):
            yield
    elif has_room_for_a_bar(sys.stdout, sys.stderr, os.environ, results=results):
        from ringg_runner.cli.bar import Bar

        bar = Bar(gauge.read, sys.stderr, plain=is_plain())
        with looked_at(bar), redirect_stderr(bar.above(sys.stderr)):
            if _one_terminal(sys.stdout, bar.stream):
                with redirect_stdout(bar.above(sys.stdout)):
                    yield
            else:
                yield
    else:
        with looked_at(Lines(gauge.read, clock, every)):
            yield


@dataclass(slots=True)
class Gauge:
    """Reads a tally at a moment, and the speed at which it grew up to then."""

    tally: Tally
    free: Counter[Outcome]
    clock: Clock
    _samples: tuple[speed.Sample, ...] = ()

    def read(self) -> Reading:
        """Return the tally as it stands, and its speed."""
        tally = replace(self.tally, outcomes=self.tally.outcomes.copy())
        self._samples = speed.seen(self._samples, tally, self.free, self.clock.elapsed())
        return tally, speed.speed(self._samples, speed.still_to_send(tally, self.free))


class Display(Protocol):
    """Whatever shows a run; it is looked at every `period` seconds."""

    period: float

    def look(self) -> None:
        """Show how things stand now."""
        ...

    def end(self) -> None:
        """Leave everything as if it had never been there; never raises."""
        ...


class Lines:
    """A line on stderr every so many seconds; a run that ends before gets none."""

    period = 1.0

    def __init__(
        self,
        read: Callable[[], Reading],
        clock: Clock,
        every: float,
        write: Callable[[Tally, speed.Speed], None] = lambda *read: say(progress.line(*read)),
    ) -> None:
        """Begin now, with the first line due after `every` seconds."""
        self._read = read
        self._write = write
        self._clock = clock
        self._every = every
        self._due = clock.elapsed() + every
        self.period = min(self.period, every)

    def look(self) -> None:
        """Write a line where one is due."""
        tally, going = self._read()
        if self._clock.elapsed() >= self._due:
            self._due = self._clock.elapsed() + self._every
            self._write(tally, going)

    def end(self) -> None:
        """Leave the lines as they are."""


def has_room_for_a_bar(
    out: TextIO | None, err: TextIO | None, environ: Mapping[str, str], *, results: bool
) -> bool:
    """Tell whether a bar on stderr can be drawn, and be kept clean of the results on stdout.

    What goes into a pipe comes out again elsewhere, as with `| tee log`: likely on this terminal.
    """
    obeys = environ.get("TERM", "") not in ("", "dumb", "unknown")
    if err is None or not (obeys and err.isatty()):
        return False
    return not results or out is None or _one_terminal(out, err) or _keeps_to_itself(out)


def is_plain() -> bool:
    """Tell whether the command line asks for no colours."""
    context = click.get_current_context(silent=True)
    return context is not None and context.color is False


def _one_terminal(out: TextIO | None, err: TextIO) -> bool:
    if out is None or not (out.isatty() and err.isatty()):
        return False
    return os.path.samestat(os.fstat(out.fileno()), os.fstat(err.fileno()))


def _keeps_to_itself(out: TextIO) -> bool:
    """Tell whether this is a file, or no place at all: nothing of it is seen on a terminal."""
    mode = os.fstat(out.fileno()).st_mode
    return stat.S_ISREG(mode) or (stat.S_ISCHR(mode) and not out.isatty())


@contextmanager
def looked_at(display: Display) -> Iterator[None]:
    """Let a display look again and again while the block runs."""
    over = threading.Event()

    def look_on() -> None:
        while not over.wait(display.period):
            with suppress(Exception):
                display.look()

    # A thread begins without the context of who starts it, and that says how to write.
    here = copy_context()
    thread = threading.Thread(target=here.run, args=(look_on,), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        display.end()
