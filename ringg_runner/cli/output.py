"""Where text goes: results to stdout, everything else to stderr, as lines or as events."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, TextIO

import click

from ringg_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.report.events import Event


# A terminal that cannot write a character shows its number, instead of failing a run.
_UNWRITABLE = "backslashreplace"

LOG_FORMAT = "--log-format"
"""The option that chooses between lines and events."""

_JSON: ContextVar[bool] = ContextVar("the log is JSON", default=False)


@contextmanager
def fit_streams() -> Iterator[None]:
    """Make stdout and stderr fit for results that must not be lost, while the block runs."""
    before = sys.stdout, sys.stderr
    with _fit(sys.stdout) as stdout, _fit(sys.stderr) as stderr:
        sys.stdout, sys.stderr = stdout, stderr
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


@contextmanager
def _fit(stream: TextIO) -> Iterator[TextIO]:
    if not isinstance(stream, io.TextIOWrapper):
        yield stream
    elif isinstance(stream.buffer, io.RawIOBase):
        # Under PYTHONUNBUFFERED, which CI likes to set, a write that a full disk cuts short passes
        # for a whole one. A buffer that is flushed after every line writes all of it, or fails.
        whole = os.dup(stream.fileno())
        with open(whole, "w", encoding=stream.encoding, errors=_UNWRITABLE) as buffered:  # noqa: PTH123
            yield buffered
    else:
        stream.reconfigure(errors=_UNWRITABLE)
        yield stream


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for a JSON log.

    It is looked at before it is parsed: its own mistakes are told in the format it asks for.
    """
    asked = ""
    words = takewhile(lambda word: word != "--", arguments)
    for word, after in pairwise((*words, "")):
        option, _, value = word.partition("=")
        if option == LOG_FORMAT:
            asked = value or after
    return asked == "json"


@contextmanager
def logging_as(*, json: bool) -> Iterator[None]:
    """Write all that goes to stderr as events, or as lines, while the block runs."""
    token = _JSON.set(json)
    try:
        yield
    finally:
        _JSON.reset(token)


def logs_json() -> bool:
    """Tell whether stderr takes events."""
    return _JSON.get()


def width() -> int:
    """Return how many columns the terminal has; a sheet's where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def show(*lines: str) -> None:
    """Write result lines to stdout.

    A reader who left, as `head` does, is no failure of the command. Raises RunnerError where the
    result cannot be written, as on a full disk.
    """
    try:
        for line in lines:
            click.echo(line)
    except OSError as failure:
        _give_up(sys.stdout)
        if isinstance(failure, BrokenPipeError):
            return
        raise RunnerError(f"the result could not be written: {failure.strerror}") from None


def show_at_all_costs(*lines: str) -> bool:
    """Write what happened to stdout, or to stderr where stdout fails: it must not go unsaid.

    Returns whether stdout took it.
    """
    try:
        show(*lines)
    except RunnerError as failure:
        say(str(failure), "error")
        warn(lines)
        return False
    return True


def say(sentence: str, level: str = "info") -> None:
    """Tell a sentence on stderr; a `warning` and an `error` are called so."""
    if logs_json():
        from ringg_runner.report import events

        log(events.message, click.unstyle(sentence), level)
    else:
        write_to_stderr(sentence if level == "info" else f"{level}: {sentence}")


def warn(lines: Iterable[str]) -> None:
    """Tell lines on stderr."""
    for line in lines:
        say(line)


def tell_findings(findings: Iterable[Diagnostic]) -> None:
    """Tell findings on stderr."""
    if logs_json():
        from ringg_runner.report import events

        for finding in findings:
            log(events.finding, finding)
    else:
        from ringg_runner.report.findings import text

        warn(text.of_findings(findings, width()))


def tell_error(message: str, hint: str | None, exit_code: int) -> None:
    """Tell on stderr why the command ends, and the way out."""
    if logs_json():
        from ringg_runner.report import events

        log(events.error, message, hint, exit_code)
        return
    say(f"{click.style('error:', fg='red')} {message}")
    if hint:
        say(f"{click.style('hint:', fg='cyan')} {hint}")


def log(event: Callable[..., Event], *about: Any) -> None:
    """Write an event to stderr where it takes events; elsewhere it is not even made."""
    if logs_json():
        from ringg_runner.report import events
        from ringg_runner.times import SystemClock

        write_to_stderr(events.encode(event(*about), SystemClock().now()))


def write_to_stderr(line: str) -> None:
    """Write a line to stderr as it is. No command fails for what stderr cannot take."""
    try:
        click.echo(line, err=True)
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Let a stream that failed lead nowhere: what is buffered would fail again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
