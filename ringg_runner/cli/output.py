"""Where text goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from ringg_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# A terminal that cannot write a character shows its number, instead of failing a run.
_UNWRITABLE = "backslashreplace"


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
        # What is still buffered would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        warn((str(failure), *lines))
        return False
    return True


def say(line: str) -> None:
    """Write one line to stderr."""
    click.echo(line, err=True)


def warn(lines: Iterable[str]) -> None:
    """Write lines to stderr."""
    for line in lines:
        say(line)
