"""Progress: a bar on a terminal that leaves no trace, lines in a pipe, and silence on demand."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from build import a_plan, a_project_at, manifests
from conftest import Cli
from runners import FakeClock
from servers import Say, Server, lists, says, serving
from terminals import Terminal, a_terminal

from ringg_runner.cli.bar import Bar
from ringg_runner.cli.output import say, show
from ringg_runner.cli.progress import Gauge, Lines, has_room_for_a_bar, watching
from ringg_runner.report.speed import Speed
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Outcome

KEY = "rg_live_0123456789abcdef"
APPLY = (sys.executable, "-m", "ringg_runner", "apply", "--yes")
REGISTERED = says(200, {"status": "campaign registered successfully!"})
THROTTLED = says(429, {"error": "slow down"}, retry_after="1")
ERASE = "\x1b[2K"


def an_environment(**variables: str) -> dict[str, str]:
    ours = {"CI": "", "NO_COLOR": "", "RINGG_API_KEY": KEY, "PYTHONWARNINGS": "error"}
    return {**os.environ, **ours, "COLUMNS": "400", **variables}


def a_tally(**outcomes: int) -> Tally:
    return Tally(20_000, Counter({Outcome(word): n for word, n in outcomes.items()}), in_flight=32)


def a_bar(terminal: Terminal, tally: Tally, *, plain: bool = True) -> Bar:
    return Bar(Gauge(tally, Counter(), FakeClock()).read, terminal.stream, plain=plain)


def test_the_bar_is_the_last_row_and_leaves_no_trace() -> None:
    tally = a_tally(started=398, unresolved=5)
    with a_terminal() as terminal:
        bar = a_bar(terminal, tally)
        out = bar.above(terminal.stream)
        out.write("one\ntwo\n")
        bar.look()
        terminal.wait_for("in flight 32")
        assert terminal.screen.shown[:2] == ["one", "two"]
        assert terminal.screen.shown[2].endswith(
            "403/20,000  started 398 · unresolved 5 · in flight 32"
        )
        tally.outcomes[Outcome.STARTED] += 1
        out.write("three\n")
        bar.look()
        terminal.wait_for("404/20,000")
        terminal.wait_for("started 399 · unresolved 5 · in flight 32")
        assert terminal.screen.shown[:3] == ["one", "two", "three"]
        assert len(terminal.screen.shown) == 4
        bar.end()
        terminal.finish()
        assert terminal.screen.shown == ["one", "two", "three"]
        assert (terminal.screen.row, terminal.screen.column) == (3, 0)


def test_a_killed_process_leaves_the_cursor_to_be_seen() -> None:
    with a_terminal() as terminal:
        bar = a_bar(terminal, a_tally())
        bar.look()
        terminal.wait_for("in flight 32")
        assert terminal.written.rindex("\x1b[?25h") > terminal.written.rindex("\x1b[?25l")
        bar.end()


@pytest.mark.parametrize("columns", [3, 12, 27, 40, 60, 80, 120])
def test_a_bar_never_wraps(columns: int) -> None:
    tally = a_tally(started=398, unresolved=5, skipped=9, failed=1)
    with a_terminal(columns) as terminal:
        bar = a_bar(terminal, tally)
        out = bar.above(terminal.stream)
        for number in range(9):
            tally.outcomes[Outcome.STARTED] += 7**number
            out.write(f"{number}\n")
            bar.look()
        bar.end()
        terminal.finish()
        assert terminal.screen.shown == [str(number) for number in range(9)]


def test_a_terminal_that_does_not_know_its_size_has_a_bar() -> None:
    with a_terminal(0, 0) as terminal:
        bar = a_bar(terminal, a_tally(started=1))
        bar.look()
        terminal.wait_for("1/20,000")
        bar.end()


def test_what_stands_above_the_bar_is_written_as_it_is() -> None:
    lines = ["[bold]x[/]", ":smile: 'a' 1", "\x1b[32mstarted\x1b[0m  https://a.example/", "y" * 90]
    with a_terminal(40) as terminal:
        bar = a_bar(terminal, a_tally())
        bar.above(terminal.stream).write("\n".join((*lines, "")))
        bar.look()
        terminal.wait_for("0/20,000")
        bar.end()
        for line in lines:
            assert f"{line}\r\n" in terminal.written


def test_a_line_is_not_torn_by_the_bar() -> None:
    with a_terminal() as terminal:
        bar = a_bar(terminal, a_tally())
        out = bar.above(terminal.stream)
        out.write("whole\nha")
        bar.look()
        out.write("lf\n")
        bar.look()
        out.write("and the rest")
        bar.end()
        terminal.finish()
        assert terminal.screen.shown == ["whole", "half", "and the rest"]


def test_colours_are_those_of_the_results_or_none() -> None:
    for plain, shown in ((True, False), (False, True)):
        with a_terminal() as terminal:
            bar = a_bar(terminal, a_tally(started=1), plain=plain)
            bar.look()
            terminal.wait_for("in flight 32")
            assert ("\x1b[32mstarted 1\x1b[0m" in terminal.written) is shown
            bar.end()


def test_a_terminal_without_unicode_gets_none(tmp_path: Path) -> None:
    with a_terminal() as terminal:
        ascii_stream = io.TextIOWrapper(
            os.fdopen(os.dup(terminal.slave), "wb"), "ascii", "backslashreplace"
        )
        with ascii_stream:
            bar = Bar(lambda: (a_tally(started=1), Speed()), ascii_stream, plain=True)
            bar.look()
            terminal.wait_for("1/20,000  started 1, in flight 32")
            bar.end()
    assert "\\" not in terminal.written


def test_a_bar_that_fails_is_given_up_and_loses_no_line() -> None:
    readings: list[tuple[Tally, Speed]] = [(a_tally(started=1), Speed())]
    with a_terminal() as terminal:
        bar = Bar(readings.pop, terminal.stream, plain=True)
        out = bar.above(terminal.stream)
        out.write("one\n")
        bar.look()
        out.write("two\n")
        bar.look()
        out.write("three\n")
        bar.look()
        out.write("four\n")
        bar.end()
        terminal.finish()
        assert terminal.screen.shown == ["one", "two", "three", "four"]


def test_a_terminal_that_is_gone_holds_nothing_up() -> None:
    with a_terminal() as terminal:
        gone = os.fdopen(os.dup(terminal.slave), "w")
    bar = Bar(lambda: (a_tally(), Speed()), gone, plain=True)
    bar.above(gone).write("one\n")
    bar.look()
    bar.above(gone).write("two\n")
    bar.end()
    with pytest.raises(OSError, match="Input/output error"):
        gone.close()


def test_a_stream_above_the_bar_takes_text_alone() -> None:
    with a_terminal() as terminal:
        above = a_bar(terminal, a_tally()).above(terminal.stream)
        assert (above.isatty(), above.encoding, above.fileno()) == (True, "utf-8", terminal.slave)
        with pytest.raises(TypeError):
            above.write(b"bytes")  # type: ignore[arg-type]
        assert above.write("") == 0


@pytest.mark.parametrize("to_a_file", [False, True])
def test_results_and_messages_find_their_way_while_a_bar_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_a_file: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with a_terminal() as terminal, (tmp_path / "out").open("w") as file:
        before = terminal.stream
        stdout = file if to_a_file else before
        with redirect_stderr(before), redirect_stdout(stdout):
            with watching(a_tally(started=1), a_plan(), FakeClock(), results=True):
                terminal.wait_for("1/20,000")
                show("a result")
                say("a message")
            assert (sys.stdout, sys.stderr) == (stdout, before)
        terminal.finish()
        assert terminal.screen.shown == (["a message"] if to_a_file else ["a result", "a message"])
    assert (tmp_path / "out").read_text() == ("a result\n" if to_a_file else "")


@pytest.mark.parametrize(
    ("term", "results", "out", "expected"),
    [
        ("xterm", True, "same", True),
        ("xterm", True, "file", True),
        ("xterm", True, "nowhere", True),
        ("xterm", True, "closed", True),
        ("xterm", True, "pipe", False),
        ("xterm", True, "other", False),
        ("xterm", False, "pipe", True),
        ("xterm", False, "other", True),
        ("dumb", True, "same", False),
        ("", True, "same", False),
    ],
)
def test_a_bar_is_drawn_only_where_results_cannot_get_into_it(
    tmp_path: Path, term: str, results: bool, out: str, expected: bool
) -> None:
    reading, writing = os.pipe()
    with (
        a_terminal() as terminal,
        a_terminal() as other,
        (tmp_path / "out").open("w") as file,
        Path(os.devnull).open("w") as nowhere,
        os.fdopen(writing, "w") as pipe,
    ):
        streams = {
            "same": terminal.stream,
            "file": file,
            "nowhere": nowhere,
            "pipe": pipe,
            "other": other.stream,
            "closed": None,
        }
        environ = {"TERM": term}
        assert (
            has_room_for_a_bar(streams[out], terminal.stream, environ, results=results) is expected
        )
        assert not has_room_for_a_bar(streams[out], file, environ, results=results)
        assert not has_room_for_a_bar(streams[out], None, environ, results=results)
    os.close(reading)


def test_a_line_is_written_every_so_many_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    clock, tally = FakeClock(), a_tally(started=398, skipped=9)
    lines = Lines(Gauge(tally, Counter(), clock).read, clock, every=10)
    for _ in range(24):
        clock.seconds += 1
        lines.look()
        tally.outcomes[Outcome.STARTED] += 640
    lines.end()
    assert capsys.readouterr().err.splitlines() == [
        "6,167 of 20,000: 6,158 started, 9 skipped; 32 in flight; 640/s; about 0:00:22 left",
        "12,567 of 20,000: 12,558 started, 9 skipped; 32 in flight; 640/s; about 0:00:12 left",
    ]


def test_a_run_that_is_over_before_gets_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    with watching(a_tally(), a_plan(), clock, results=True):
        clock.seconds += 9
    assert capsys.readouterr() == ("", "")


WATCHED = """
import sys
from collections import Counter
from build import a_plan
from ringg_runner.cli.progress import watching
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Outcome
from ringg_runner.times import SystemClock
tally = Tally(20_000, Counter({Outcome.STARTED: 398}), in_flight=32, paused_for=30)
with watching(tally, a_plan(), SystemClock(), results=True, every=0.01):
    sys.stdin.read()
print('rich' in sys.modules)
"""


def test_a_pipe_gets_plain_lines_while_the_run_goes_on() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        env=an_environment(PYTHONPATH=str(Path(__file__).parent)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(2)]
    out, _ = process.communicate(timeout=30)
    expected = "398 of 20,000: 398 started; 32 in flight; waiting 30 s, as the API asks\n"
    assert lines == [expected] * 2
    assert out == "False\n"


def answers_when_told(go_on: threading.Event) -> Say:
    def say(connection: socket.socket, ended: threading.Event) -> None:
        go_on.wait()
        REGISTERED(connection, ended)

    return say


class Applied:
    """An apply of three on a terminal, whose first request is answered when `while_it_waits` ends.

    Its results go into the file `out` where one is given.
    """

    def __init__(
        self,
        root: Path,
        while_it_waits: Callable[[Terminal, subprocess.Popen[bytes]], None],
        *options: str,
        columns: int = 120,
        out: Path | None = None,
    ) -> None:
        go_on = threading.Event()
        with serving(answers_when_told(go_on), listing=lists()) as server:
            a_project_at(root, server.url, *manifests(3))
            with a_terminal(columns) as terminal, (out or root / "unused").open("w") as file:
                process = terminal.start(
                    *APPLY,
                    *options,
                    cwd=root,
                    stdout=file.fileno() if out else None,
                    env=an_environment(),
                )
                while_it_waits(terminal, process)
                go_on.set()
                terminal.finish()
                self.code = process.wait(30)
                self.screen = terminal.screen
                self.written = terminal.written
        self.server: Server = server


def rows_of(server: Server, *outcomes: str) -> list[str]:
    """The rows of a run of three with these outcomes, as a pipe gets them."""
    said = {"started": "campaign registered successfully!"}
    reason = "not attempted: the run was interrupted"
    return [
        f"Apply to production ({server.url})",
        "",
        "OUTCOME     NAME  LIST    WHERE               WHY",
        *(
            f"{outcome:<10}  c{n}    list-{n}  campaigns/{n}.yaml:1  {said.get(outcome, reason)}"
            for n, outcome in enumerate(outcomes, start=1)
        ),
        "",
    ]


def sees_the_bar(terminal: Terminal, _process: subprocess.Popen[bytes]) -> None:
    terminal.wait_for("0/3")


STARTED = ("started", "started", "started")


def test_on_a_terminal_a_bar_is_seen_and_the_table_stays_as_it_is_without(tmp_path: Path) -> None:
    applied = Applied(tmp_path, sees_the_bar)
    assert applied.code == 0
    assert applied.screen.shown == [*rows_of(applied.server, *STARTED), "3 started"]


def test_on_a_narrow_terminal_only_the_table_wraps(tmp_path: Path) -> None:
    applied = Applied(tmp_path, sees_the_bar, columns=40)
    lines = [*rows_of(applied.server, *STARTED), "3 started"]
    wrapped = [line[at : at + 40].rstrip() for line in lines for at in range(0, len(line) or 1, 40)]
    assert applied.screen.shown == wrapped


def test_a_file_gets_the_lines_alone_while_the_bar_is_on_the_terminal(tmp_path: Path) -> None:
    out = tmp_path / "out"
    applied = Applied(tmp_path, sees_the_bar, out=out)
    assert out.read_text().splitlines() == [*rows_of(applied.server, *STARTED), "3 started"]
    assert applied.screen.shown == [""]


def test_a_document_comes_after_the_bar_is_gone(tmp_path: Path) -> None:
    applied = Applied(tmp_path, sees_the_bar, "--format", "json")
    assert (applied.screen.shown[0], applied.screen.shown[-1]) == ("{", "}")


def test_messages_stand_above_the_bar(tmp_path: Path) -> None:
    def interrupts(terminal: Terminal, process: subprocess.Popen[bytes]) -> None:
        terminal.wait_for("0/3")
        process.send_signal(signal.SIGINT)
        terminal.wait_for("interrupted")

    applied = Applied(tmp_path, interrupts, "--concurrency", "1")
    head, rows = 3, rows_of(applied.server, "started", "cancelled", "cancelled")
    assert applied.code == 130
    assert applied.screen.shown == [
        *rows[:head],
        "interrupted: nothing more is started; 1 under way may end within 5 s",
        *rows[head:],
        "1 started, 2 cancelled",
    ]


@pytest.mark.parametrize(("options", "seen"), [((), True), (("-q",), False)], ids=["loud", "quiet"])
def test_quiet_shows_no_bar(tmp_path: Path, options: tuple[str, ...], seen: bool) -> None:
    with serving(THROTTLED, REGISTERED, listing=lists()) as server, a_terminal() as terminal:
        a_project_at(tmp_path, server.url, *manifests(3))
        process = terminal.start(*APPLY, *options, cwd=tmp_path, env=an_environment())
        terminal.finish()
        assert process.wait(30) == 0
        assert terminal.screen.shown == [*rows_of(server, *STARTED), "3 started"]
    assert (ERASE in terminal.written) is seen


def test_quiet_keeps_notes_back_and_warnings_not(cli: Cli, tmp_path: Path) -> None:
    for options, words in (((), "note: there is no ledger here"), (("-q",), "")):
        with serving(REGISTERED, listing=lists()) as server:
            folder = tmp_path / str(len(options))
            a_project_at(folder, server.url)
            project = str(folder / "ringg-runner.yaml")
            done = cli("apply", "--yes", *options, "--project", project, CI="1", RINGG_API_KEY=KEY)
        assert (done.code, done.err.startswith(words), bool(done.err)) == (0, True, bool(words))
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "-q", RINGG_API_KEY=KEY)
    assert done.err.startswith("warning: the server's list is not read")


def test_without_a_terminal_there_is_neither_a_bar_nor_an_escape(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from ringg_runner.cli import main\n"
        "code = main(['apply', '--yes'])\n"
        # Where it is installed, httpx loads rich for a command line of its own.
        "print('ringg_runner.cli.bar' in sys.modules, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    with serving(THROTTLED, REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=an_environment(TERM="xterm"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "False\n")
    assert done.stdout.splitlines() == [*rows_of(server, *STARTED), "3 started"]
