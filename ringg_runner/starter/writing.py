"""Puts files into a folder: all of them or none, and never over what is there."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from ringg_runner.errors import InvalidInputError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


def refuse_to_overwrite(folder: Path, paths: Iterable[str]) -> None:
    """Raise InvalidInputError with everything that is in the way of these files in a folder."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder: nothing was written")
    found = {name: None for path in paths for name in _in_the_way(folder, path)}
    if found:
        raise InvalidInputError(
            f"nothing was written: already there in {folder}: {', '.join(found)}",
            "begin in another folder, or move them away: init never overwrites",
        )


def _in_the_way(folder: Path, path: str) -> Iterable[str]:
    """Yield the file itself where it exists, and what stands where a folder has to be."""
    if os.path.lexists(folder / path):
        yield path
    parent = folder / path
    while (parent := parent.parent) != folder:
        if os.path.lexists(parent) and not parent.is_dir():
            yield parent.relative_to(folder).as_posix()


def write_all(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, and the folders they need; whatever fails, nothing of it stays.

    Raises RunnerError where a file cannot be written, one that came meanwhile included.
    """
    with ExitStack() as undo:
        for path, text in files.items():
            try:
                _make_folders((folder / path).parent, undo)
                _write(folder / path, text, undo)
            except OSError as failure:
                where, why = failure.filename or folder / path, failure.strerror
                raise RunnerError(f"nothing was written: {where}: {why}") from None
        undo.pop_all()


def _make_folders(folder: Path, undo: ExitStack) -> None:
    if not folder.exists():
        _make_folders(folder.parent, undo)
        folder.mkdir()
        undo.callback(_remove, folder.rmdir)


def _write(file: Path, text: str, undo: ExitStack) -> None:
    with file.open("x", encoding="utf-8", newline="\n") as stream:
        undo.callback(_remove, file.unlink)
        stream.write(text)


def _remove(remove: Callable[[], None]) -> None:
    with suppress(OSError):
        remove()
