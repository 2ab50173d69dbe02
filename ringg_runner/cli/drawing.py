"""A drawing on the last lines of a terminal, and what is written meanwhile above it.

It needs rich, and not before it is first drawn: most runs are over by then. What is drawn, its
kinds say.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.live import Live

    _Piece: TypeAlias = tuple[TextIO, str]
    """What is to be written, and to which stream."""


class Drawing(ABC):
    """Is drawn in one write together with the lines that came since the last time.

    Lines wait for the next look, at which a drawing that fails is given up; `end` writes the rest.
    """

    period = 0.2

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        """Draw on this stream, `plain` without colour."""
        self.stream = stream
        self._plain = plain
        self._waiting: deque[_Piece] = deque()
        self._live: Live | None = None
        self._given_up = False

    @abstractmethod
    def drawn(self, console: Console) -> RenderableType:
        """Return how things stand now, for a console of its size; the last column stays free."""

    def above(self, stream: TextIO) -> TextIO:
        """Return a stream whose lines are written above the drawing, or to `stream` without one."""
        return cast("TextIO", _Above(stream, self._waiting))

    def look(self) -> None:
        """Draw how things stand now, below what was written since the last look."""
        pieces = self._whole_lines()
        if not self._given_up:
            try:
                self._draw("".join(text for _, text in pieces))
            except Exception:
                self._given_up = True
                self._erase()
            else:
                return
        self._write(pieces)

    def end(self) -> None:
        """Take the drawing away, and write what still waits."""
        self._erase()
        self._write(list(self._waiting))

    def _whole_lines(self) -> list[_Piece]:
        """Take what waits, up to the end of a line."""
        pieces = [self._waiting.popleft() for _ in range(len(self._waiting))]
        while pieces and not pieces[-1][1].endswith("\n"):
            self._waiting.appendleft(pieces.pop())
        return pieces

    def _draw(self, above: str) -> None:
        live = self._live or self._begin()
        # The terminal that is drawn on counts, and neither COLUMNS nor another stream's.
        columns, lines = os.get_terminal_size(self.stream.fileno())
        live.console.size = (columns or 80, lines or 24)
        drawn = self.drawn(live.console)
        with live.console:
            # All of it is one write, so that nothing flickers.
            live.console.print(_AsItIs(above), crop=False)
            live.update(drawn, refresh=True)

    def _begin(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self.stream, force_terminal=True, no_color=True if self._plain else None
        )
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        # A process that is killed cannot bring a hidden cursor back.
        console.show_cursor(True)
        return self._live

    def _erase(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            with suppress(Exception):
                live.stop()

    def _write(self, pieces: Iterable[_Piece]) -> None:
        """Write each piece to where it was meant for; what fails here fails the summary too."""
        for stream, text in pieces:
            with suppress(OSError, ValueError):
                stream.write(text)
                stream.flush()


class _Above:
    """As much of a text stream as its writers ask for; it takes everything, and never blocks."""

    def __init__(self, stream: TextIO, waiting: deque[_Piece]) -> None:
        self._stream = stream
        self._waiting = waiting
        self.encoding = stream.encoding
        self.errors = stream.errors
        self.isatty = stream.isatty
        self.fileno = stream.fileno

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            # Click finds out in this way that it is no stream of bytes.
            raise TypeError("a text stream takes text")
        if text:
            self._waiting.append((self._stream, text))
        return len(text)

    def flush(self) -> None:
        """Leave it to the next look."""


class _AsItIs:
    """Lines that are written without a change: rich neither wraps, nor colours, nor reads them."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        yield Segment(self.text)
