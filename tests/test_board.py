"""The board of those who are waited for: on a terminal of any size, and gone without a trace."""

from __future__ import annotations

import io
import os

import pytest
from build import NOW, a_campaign
from runners import FakeClock
from terminals import Terminal, a_terminal

from ringg_runner.api.server_list import Listing, Row
from ringg_runner.campaigns import ListId
from ringg_runner.cli.board import Board
from ringg_runner.waiting import Seen, Waiting


def a_board(terminal: Terminal, *words: str) -> Board:
    seen = tuple(Seen(a_campaign(name=f"c{n}", list_id=f"l{n}")) for n in range(len(words)))
    rows = {
        ListId(f"l{n}"): Row(ListId(f"l{n}"), word, people=4812) for n, word in enumerate(words)
    }
    clock = FakeClock()
    board = Board(Waiting(seen), clock, 3_600, terminal.stream, plain=True)
    board.take(Waiting(seen).after(Listing(rows), NOW), 30)
    clock.seconds = 12
    return board


def test_the_board_tells_for_how_long_and_when_it_looks_again() -> None:
    with a_terminal() as terminal:
        board = a_board(terminal, "ongoing", "[bold]x[/] :smile: \x1b[2J")
        board.look()
        terminal.wait_for(" left")
        assert terminal.screen.shown == [
            "NAME  SERVER                  PEOPLE  FOR",
            "c0    ongoing                 4,812   0:00:12",
            "c1    [bold]x[/] :smile: [2J  4,812   0:00:12",
            "0 completed · 1 still live · 1 not known to be over",
            "next look in 0:00:18 · 0:59:48 left",
        ]
        board.end()
        terminal.finish()
        assert terminal.screen.shown == [""]


def test_where_there_is_no_room_those_that_are_over_are_left_out_first() -> None:
    words = ["completed", "ongoing"] * 20
    with a_terminal(60, 12) as terminal:
        board = a_board(terminal, *words)
        board.look()
        terminal.wait_for(" left")
        _, *rows, more, counts, _ = terminal.screen.shown
        assert [row.split()[0] for row in rows] == ["c1", "c3", "c5", "c7", "c9", "c11", "c13"]
        assert (more, counts) == ("and 33 more", "20 completed · 20 still live")
        board.end()


@pytest.mark.parametrize("columns", [3, 12, 27, 40, 80])
def test_the_board_never_wraps(columns: int) -> None:
    with a_terminal(columns, 12) as terminal:
        board = a_board(terminal, "ongoing", "x" * 60, "terminated")
        above = board.above(terminal.stream)
        for number in range(5):
            above.write(f"{number}\n")
            board.look()
        board.end()
        terminal.finish()
        assert terminal.screen.shown == [str(number) for number in range(5)]


def test_a_terminal_without_unicode_gets_a_board_without_it() -> None:
    with a_terminal(30) as terminal:
        ascii_stream = io.TextIOWrapper(
            os.fdopen(os.dup(terminal.slave), "wb"), "ascii", "backslashreplace"
        )
        with ascii_stream:
            seen = (Seen(a_campaign(name="c" * 40)),)
            board = Board(Waiting(seen), FakeClock(), 60, ascii_stream, plain=True)
            board.look()
            terminal.wait_for("next look in 0:00:00, 0:01:00")
            board.end()
    assert "\\" not in terminal.written
