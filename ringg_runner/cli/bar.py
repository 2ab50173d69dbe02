"""A bar on the last line of a terminal: how far a run has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from ringg_runner.cli.drawing import Drawing
from ringg_runner.report import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, RenderableType

    from ringg_runner.cli.progress import Reading

WIDTH = 20
"""How many columns the bar itself takes, where there is room for it beside the words."""


class Bar(Drawing):
    """Draws the bar."""

    def __init__(self, read: Callable[[], Reading], stream: TextIO, *, plain: bool) -> None:
        """Draw on this stream what `read` returns, `plain` without colour."""
        super().__init__(stream, plain=plain)
        self._read = read

    def drawn(self, console: Console) -> RenderableType:
        """Lay the parts of the bar out on one line, so that none wraps."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        tally, going = self._read()
        separator = ", " if console.options.ascii_only else " · "
        width = console.width - 1
        kept = progress.fitting(list(progress.parts(tally, going)), width, len(separator))
        count, *others = (
            (Text(part.text, part.colour or "") for part in kept) if kept else (Text(),)
        )
        words = Text("  " if others else "").join((count, Text(separator).join(others)))
        grid = Table.grid(padding=(0, 2))
        cells: list[RenderableType] = [words]
        if words.cell_len + WIDTH + 2 <= width:
            grid.add_column(width=WIDTH)
            cells.insert(0, ProgressBar(tally.total, tally.done, WIDTH))
        grid.add_column(no_wrap=True)
        grid.add_row(*cells)
        return grid
