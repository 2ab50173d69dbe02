"""Where text goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import click

from ringg_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterable


def forgive_unwritable_text() -> None:
    """Let a terminal that cannot write a character show its number, instead of failing a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def show(*lines: str) -> None:
    """Write result lines to stdout.

    A reader who left, as `head` does, is no failure of the command. Raises RunnerError where the
    result cannot be written, as on a full disk.
    """
    try:
        for line in lines:
            click.echo(line)
    except BrokenPipeError:
        # What is still buffered would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as failure:
        raise RunnerError(f"the result could not be written: {failure.strerror}") from None


def say(line: str) -> None:
    """Write one line to stderr."""
    click.echo(line, err=True)


def warn(lines: Iterable[str]) -> None:
    """Write lines to stderr."""
    for line in lines:
        say(line)
