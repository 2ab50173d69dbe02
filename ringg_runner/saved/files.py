"""Saved plans on disk: written whole or not at all, for their owner's eyes, and read with care."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ringg_runner.errors import PlanFileError, RunnerError
from ringg_runner.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 268_435_456
"""A larger file is no plan: that of a hundred thousand campaigns takes a quarter of this."""

_BEGINNING = b'{\n  "version": '
_KIND = b'"kind": "plan"'
_ELSEWHERE = "name another file, or remove this one"


def read(path: Path) -> bytes:
    """Return what a file holds; raises PlanFileError where it cannot be read, or is too large."""
    try:
        # A pipe would be waited for, and a device could go on for ever.
        with open(path, "rb", opener=_without_waiting) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise PlanFileError(f"{path} is no regular file")
            if found.st_size > MAX_BYTES:
                raise PlanFileError(f"{path} is too large to be a plan")
            return stream.read(MAX_BYTES)
    except OSError as failure:
        raise PlanFileError(f"the plan {path} cannot be read: {failure.strerror}") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def refuse_target(path: Path) -> None:
    """Raise PlanFileError where a plan must not be written: over what is no saved plan."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as failure:
        raise _unwritten(path, failure) from None
    if not stat.S_ISREG(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
        raise PlanFileError(f"nothing was written: {path} is {what}", _ELSEWHERE)
    try:
        with path.open("rb") as stream:
            begun = stream.read(64)
    except OSError as failure:
        raise _unwritten(path, failure) from None
    if begun and not (begun.startswith(_BEGINNING) and _KIND in begun):
        raise PlanFileError(f"nothing was written: {path} holds something else", _ELSEWHERE)


def write(path: Path, text: str) -> None:
    """Write a plan in the place of the one that is there, whole or not at all, with mode 0600.

    Whatever happens, there is the old file or the new one, and none is half written. Raises
    PlanFileError as `refuse_target` does, and RunnerError where it cannot be written.
    """
    refuse_target(path)
    try:
        write_whole(path, text, private=True)
    except OSError as failure:
        raise _unwritten(path, failure) from None


def _unwritten(path: Path, failure: OSError) -> RunnerError:
    return RunnerError(f"nothing was written: {path}: {failure.strerror}")
