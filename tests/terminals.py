"""A terminal of so many columns: what a process writes to it, and what is to be seen there."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

_TOKEN = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


@dataclass
class Screen:
    """The rows that a terminal shows, without an end; it wraps at its last column."""

    columns: int
    rows: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0

    def take(self, text: str) -> None:
        for arguments, command, control, words in _TOKEN.findall(text):
            if command:
                self._obey(command, arguments)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self._next_row()
            else:
                self._write(words)

    def _obey(self, command: str, arguments: str) -> None:
        if command == "A":
            assert self.row >= int(arguments or 1), "the cursor left the screen"
            self.row -= int(arguments or 1)
        elif command == "K":
            self.rows[self.row] = ""
        else:
            assert command in "mhl", f"a sequence nobody expected: {command}"

    def _write(self, words: str) -> None:
        for letter in words:
            if self.column == self.columns:
                self._next_row()
                self.column = 0
            line = f"{self.rows[self.row]:<{self.column}}"
            self.rows[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def _next_row(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")

    @property
    def shown(self) -> list[str]:
        """The rows, without the blanks at their ends and the empty rows below."""
        return "\n".join(row.rstrip() for row in self.rows).rstrip("\n").split("\n")


@dataclass
class Terminal:
    """A pseudo-terminal: `stream` is the program's end, and `written` what came out so far."""

    columns: int
    master: int
    slave: int
    stream: TextIO
    written: str = ""

    def read(self) -> str:
        """Read what there is, waiting for something; nothing once all writers have left."""
        try:
            read = os.read(self.master, 65536).decode()
        except OSError:
            return ""
        self.written += read
        return read

    def wait_for(self, words: str) -> None:
        """Read on until these words were written."""
        while words not in self.written:
            assert self.read(), f"{words!r} never came: {self.written!r}"

    def finish(self) -> None:
        """Read all that is written until the last writer leaves; nothing can be written then."""
        self.stream.close()
        while self.read():
            pass

    @property
    def screen(self) -> Screen:
        screen = Screen(self.columns)
        screen.take(self.written)
        return screen

    def start(
        self,
        *command: str,
        cwd: Path,
        stdout: int | None = None,
        stderr: int | None = None,
        env: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process here, all of whose streams are this terminal but for those given."""
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**(env or os.environ), "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=self.slave if stdout is None else stdout,
            stderr=self.slave if stderr is None else stderr,
        )


@contextmanager
def a_terminal(columns: int = 120, rows: int = 24) -> Iterator[Terminal]:
    """Open a pseudo-terminal of this size while the block runs."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        try:
            yield Terminal(columns, master, slave, stream)
        finally:
            os.close(master)
