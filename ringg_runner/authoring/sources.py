"""Finds the files that a command is about, and reads their text.

It owns the file system: which files a folder stands for, how they are named in every message, and
the bounds on what is read. It knows nothing of YAML.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ringg_runner.authoring import encodings
from ringg_runner.diagnostics import START, Diagnostic, Place, Position, error, place_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT_FILE = "ringg-runner.yaml"
STATE_FOLDER = ".ringg-runner"
STDIN = Path("-")

MAX_BYTES = 1_048_576
"""A larger file is refused: nobody reviews a manifest of a megabyte."""

_FIRST = 16_384
"""Nearly every file is shorter, and to read a megabyte is slow even where there is none."""

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and the name that it goes by in every message and document."""

    file: str
    path: Path

    @classmethod
    def of(cls, path: Path, stdin: Path | None = None) -> Source:
        """Return the file at a path; standard input goes by the name `stdin`."""
        return cls(display(path, stdin), path)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text, and the name that it goes by in every message and document."""

    file: str
    text: str


def find(
    paths: Iterable[Path], stdin: Path | None = None
) -> tuple[tuple[Source, ...], tuple[Diagnostic, ...]]:
    """Return every manifest file that the paths stand for, once, by name; and what is amiss.

    A folder is searched recursively for `.yaml` and `.yml`, hidden folders and the project file
    left out. A file that is named is taken whatever its ending. Standard input takes the place of
    the file `stdin`, where it is among the paths.
    """
    files: dict[str, Path] = {}
    findings: list[Diagnostic] = []
    for path in paths:
        if path == STDIN:
            files[os.path.realpath(stdin) if stdin else "-"] = path
            continue
        # Unlike the methods of Path, these never raise: not for a name that is too long, for a
        # folder above that may not be entered, or for links that go round in a circle.
        if not os.path.exists(path):  # noqa: PTH110
            findings.append(_missing(path))
            continue
        if path.is_dir():
            for real, file in _below(path, findings):
                files.setdefault(real, file)
        else:
            files.setdefault(os.path.realpath(path), path)
    found = (Source.of(file, stdin) for file in files.values())
    return tuple(sorted(found, key=lambda source: source.file)), tuple(findings)


def _missing(path: Path) -> Diagnostic:
    return error(
        display(path),
        START,
        "no-such-file",
        "no such file or folder",
        "correct the path, on the command line or under manifests in the project file",
    )


def _below(folder: Path, findings: list[Diagnostic]) -> Iterator[tuple[str, Path]]:
    """Yield every manifest file in a folder, each with its name free of links."""

    def not_listed(failure: OSError) -> None:
        findings.append(_unreadable(display(Path(failure.filename)), failure))

    for here, folders, names in os.walk(folder, onerror=not_listed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        real = os.path.realpath(here)
        for name in names:
            if name.endswith(_SUFFIXES) and name != PROJECT_FILE:
                file = Path(here, name)
                # Where the folder leads is known; that leaves the file itself to be a link.
                whole = os.path.join(real, name)  # noqa: PTH118
                yield os.path.realpath(file) if file.is_symlink() else whole, file


def display(path: Path, stdin: Path | None = None) -> str:
    """Return how a file is called: relative to the working directory where it lies below it.

    Standard input goes by the name `stdin`, where it has one.
    """
    if path == STDIN:
        if stdin is None:
            return "<stdin>"
        path = stdin
    # Called for every file, and pathlib is ten times slower.
    name = os.path.abspath(path)  # noqa: PTH100
    here = os.getcwd()  # noqa: PTH109
    if name == here:
        return "."
    above = os.path.join(here, "")  # noqa: PTH118
    return name.removeprefix(above) if name.startswith(above) else path.as_posix()


def read(source: Source) -> SourceText | Diagnostic:
    """Return a file's text, or the finding that says why there is none."""
    file, path = source.file, source.path
    try:
        if path != STDIN and not path.is_file():
            return error(
                file,
                START,
                "unreadable",
                "this is not a regular file",
                "name a file or a folder, or - for standard input",
            )
        # Standard input is None where the caller has closed it.
        opened = sys.stdin and sys.stdin.buffer if path == STDIN else path.open("rb")
        with opened or io.BytesIO() as stream:
            data = stream.read(_FIRST)
            if len(data) == _FIRST:
                data += stream.read(MAX_BYTES + 1 - _FIRST)
    except OSError as failure:
        return _unreadable(file, failure)
    if len(data) > MAX_BYTES:
        return error(
            file, START, "too-large", "larger than 1 MiB", "split it into several manifest files"
        )
    data = data.removeprefix(codecs.BOM_UTF8)
    if name := encodings.wide(data):
        return _not_utf_8(file, START, f"this is {name}, not UTF-8")
    try:
        return SourceText(file, data.decode())
    except UnicodeDecodeError as failure:
        before = data[: failure.start].decode()
        place = place_in(data.decode(errors="replace"), len(before))
        told = f"the byte 0x{data[failure.start]:02x} is not UTF-8"
        character = encodings.narrow(data, failure.start)
        return _not_utf_8(file, place, f"{told}: it is {character}" if character else told)


def _not_utf_8(file: str, place: Position | Place, message: str) -> Diagnostic:
    return error(file, place, "not-utf-8", message, "save the file in the encoding UTF-8")


def _unreadable(file: str, failure: OSError) -> Diagnostic:
    return error(
        file,
        START,
        "unreadable",
        f"cannot be read: {failure.strerror or failure}",
        "let this user read it, or leave it out",
    )
