"""Files that are there as a whole or not at all, whoever looks and whatever breaks off."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from errno import EINVAL, EISDIR
from pathlib import Path
from uuid import uuid4


def refuse_unwritable(path: Path) -> None:
    """Raise OSError where a file could not be written: it is tried in its folder, and undone."""
    _remove(_part_beside(_target(path)))


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file in UTF-8, in one step from what was there before; raises OSError.

    What no encoding has, such as half of a character in a file's name, is written as its number.
    What is `private` is for its owner's eyes alone.
    """
    target = _target(path)
    part = _part_beside(target)
    try:
        if private:
            part.chmod(0o600)
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
        _keep_the_name(target.parent)
    except BaseException:
        _remove(part)
        raise


def _target(path: Path) -> Path:
    """Return where a file is, a link followed; raises OSError for what is there and is no file."""
    target = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if not stat.S_ISREG(mode):
            code = EISDIR if stat.S_ISDIR(mode) else EINVAL
            raise OSError(code, os.strerror(code))
    return target


def _part_beside(target: Path) -> Path:
    part = target.with_name(f".{uuid4().hex}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return part


def _keep_the_name(folder: Path) -> None:
    """Let the new name outlive a power cut; where a file system cannot, the file is there still."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(part: Path) -> None:
    with suppress(OSError):
        part.unlink()
