"""`status --watch` and `apply --wait` from the command line, on terminals, and under signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import pytest
import trustme
from build import a_project_at, a_workspace, manifests
from conftest import Cli, Finished
from jsonschema import Draft7Validator
from servers import Say, Server, hangs_up, in_turn, lists, says, serving
from terminals import Terminal, a_terminal

from ringg_runner.authoring import schemas
from ringg_runner.cli.kinds import Duration

KEY = "rg_live_0123456789abcdef"
COMMAND = (sys.executable, "-m", "ringg_runner")
REGISTERED = says(200, {"status": "campaign registered successfully!"})
QUICK = ("--poll", "0.01")
ERASE = "\x1b[2K"


def an_environment(**variables: str) -> dict[str, str]:
    ours = {"CI": "", "NO_COLOR": "", "RINGG_API_KEY": KEY, "PYTHONWARNINGS": "error"}
    return {**os.environ, **ours, "COLUMNS": "400", **variables}


def started(cli: Cli, root: Path, server: Server, count: int) -> None:
    """Start so many campaigns."""
    a_project_at(root, server.url, *manifests(count))
    server.listing, listing = lists(), server.listing
    assert cli("apply", "--yes", RINGG_API_KEY=KEY).last_line == f"{count} started"
    server.listing = listing
    server.looks.clear()


def watched(cli: Cli, root: Path, *options: str, listing: Say, count: int = 2) -> Finished:
    with serving(REGISTERED, listing=listing) as server:
        started(cli, root, server, count)
        return cli("status", "--watch", *QUICK, *options, RINGG_API_KEY=KEY)


def document_of(done: Finished, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.out)
    Draft7Validator(schemas.load(name)).validate(document)
    return document


LIVE = lists(list_1="ongoing", list_2="ongoing")
ONE_OVER = lists(list_1="completed", list_2="ongoing")
COMPLETED = lists(list_1="completed", list_2="completed")
ENDED = lists(list_1="completed", list_2="terminated")
REFUSED = says(403, {"message": "no"})


def test_a_status_waits_until_all_that_started_are_over(cli: Cli, tmp_path: Path) -> None:
    done = watched(cli, tmp_path, listing=in_turn(LIVE, LIVE, ONE_OVER, COMPLETED))
    assert (done.code, done.last_line) == (0, "2 completed")
    assert done.err.splitlines() == [
        "c1: ongoing",
        "c2: ongoing",
        "c1: completed",
        "c2: completed",
    ]
    head, first, second = (line.split() for line in done.out.splitlines()[:3])
    assert head[4:7] == ["SERVER", "PEOPLE", "OVER"]
    assert first[4:7] == second[4:7] == ["completed", "-", "yes"]


@pytest.mark.parametrize(
    ("listing", "limit", "code", "counts", "end"),
    [
        (COMPLETED, "4h", 0, (2, 0, 0, 0), "over"),
        (in_turn(LIVE, ENDED), "4h", 1, (1, 1, 0, 0), "over"),
        (lists(list_1="failed", list_2="no_valid_contacts"), "4h", 1, (0, 2, 0, 0), "over"),
        (ONE_OVER, "0.05s", 7, (1, 0, 1, 0), "limit"),
        (lists(list_1="completed"), "0.05s", 7, (1, 0, 0, 1), "limit"),
        (lists(list_1="completed", list_2="archiving"), "0.05s", 7, (1, 0, 0, 1), "limit"),
        (lists(list_1="failed", list_2="ongoing"), "0.05s", 1, (0, 1, 1, 0), "limit"),
        (in_turn(ONE_OVER, lists(list_2="completed")), "4h", 0, (2, 0, 0, 0), "over"),
        (REFUSED, "4h", 7, (0, 0, 0, 2), "unreadable"),
        (hangs_up, "0.05s", 7, (0, 0, 0, 2), "limit"),
    ],
)
def test_the_exit_code_tells_how_they_ended_or_that_it_is_not_known(
    cli: Cli,
    tmp_path: Path,
    *,
    listing: Say,
    limit: str,
    code: int,
    counts: tuple[int, ...],
    end: str,
) -> None:
    options = ("--wait-limit", limit, "--format", "json")
    done = watched(cli, tmp_path, *options, listing=listing)
    waited = document_of(done, "status")["waited"]
    assert (done.code, waited["end"], waited["over"]) == (code, end, end == "over")
    assert tuple(waited["counts"].values()) == counts


def test_only_what_may_have_started_is_waited_for(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        started(cli, tmp_path, server, 1)
        a_project_at(tmp_path, server.url, *manifests(4))
        server.listing = in_turn(
            lists(list_1="completed", list_2="draft", list_3="ongoing", list_4="completed"),
            lists(list_1="completed", list_2="draft", list_3="failed", list_4="completed"),
        )
        options = ("--watch", *QUICK, "--format", "json")
        done = cli("status", *options, RINGG_API_KEY=KEY)
    over = {one["name"]: one["over"] for one in document_of(done, "status")["campaigns"]}
    assert over == {"c1": True, "c2": None, "c3": True, "c4": None}
    assert done.code == 1


def test_where_nothing_started_there_is_nothing_to_wait_for(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="draft")) as server:
        a_project_at(tmp_path, server.url)
        done = cli("status", "--watch", RINGG_API_KEY=KEY)
    assert (done.code, done.last_line, done.err) == (0, "nothing to wait for", "")
    assert (server.requests, len(server.looks)) == ([], 1)


def test_a_list_that_is_not_read_for_a_while_is_said_once(cli: Cli, tmp_path: Path) -> None:
    # Each look asks three times before it gives up.
    broken = [says(500)] * 9
    done = watched(cli, tmp_path, listing=in_turn(LIVE, *broken, COMPLETED))
    assert (done.code, done.last_line) == (0, "2 completed")
    assert done.err.count("warning: the server's list is not read: HTTP 500") == 1


def test_what_happened_meanwhile_stands_in_the_last_table(cli: Cli, tmp_path: Path) -> None:
    with serving(hangs_up, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        assert cli("apply", "--yes", "--settle", "0", RINGG_API_KEY=KEY).code == 6
        resolve = [*COMMAND, "ledger", "resolve", "list-1", "--started", "--reason", "seen"]

        def resolved(connection: socket.socket, ended: threading.Event) -> None:
            subprocess.run(resolve, cwd=tmp_path, check=True, capture_output=True)
            lists(list_1="completed")(connection, ended)

        server.listing = resolved
        done = cli("status", "--watch", *QUICK, RINGG_API_KEY=KEY)
    assert done.out.splitlines()[1].split()[2] == "started"
    assert done.code == 0


def applied(
    cli: Cli, root: Path, *options: str, listing: Say, say: Say = REGISTERED, count: int = 2
) -> tuple[Finished, Server]:
    """Apply and wait; the first look is the plan's, and shows nothing."""
    with serving(say, listing=in_turn(lists(), listing)) as server:
        a_project_at(root, server.url, *manifests(count))
        done = cli("apply", "--yes", "--wait", *QUICK, *options, RINGG_API_KEY=KEY)
    return done, server


def test_an_apply_tells_its_run_and_then_how_the_campaigns_ended(cli: Cli, tmp_path: Path) -> None:
    done, server = applied(cli, tmp_path, listing=in_turn(LIVE, ENDED))
    lines = done.out.splitlines()
    assert (done.code, len(server.requests)) == (1, 2)
    assert lines[6] == "2 started"
    assert lines[8].split() == ["NAME", "LIST", "SERVER", "PEOPLE", "SINCE", "OVER", "WHERE"]
    assert [line.split()[2] for line in lines[9:11]] == ["completed", "terminated"]
    assert lines[-1] == "1 completed, 1 terminated"
    assert done.err.splitlines() == [
        "c1: ongoing",
        "c2: ongoing",
        "c1: completed",
        "c2: terminated",
    ]


@pytest.mark.parametrize(
    ("listing", "limit", "code"),
    [(COMPLETED, "4h", 0), (in_turn(LIVE, ENDED), "4h", 1), (ONE_OVER, "0.05s", 7)],
)
def test_stdout_is_one_document_with_the_ends_in_it(
    cli: Cli, tmp_path: Path, *, listing: Say, limit: str, code: int
) -> None:
    options = ("--format", "json", "--wait-limit", limit)
    done, _ = applied(cli, tmp_path, *options, listing=listing)
    document = document_of(done, "run")
    assert (done.code, document["exit_code"]) == (code, code)
    assert document["summary"]["started"] == 2
    first = document["waited"]["campaigns"][0]
    assert first["server"] == {"status": "completed", "people": None}
    assert first["over"] is True


def test_without_being_asked_an_apply_does_not_wait(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "--format", "json", RINGG_API_KEY=KEY)
    assert (document_of(done, "run")["waited"], len(server.looks)) == (None, 1)


def test_what_an_earlier_run_started_is_waited_for_too(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=in_turn(LIVE, COMPLETED)) as server:
        started(cli, tmp_path, server, 2)
        done = cli("apply", "--wait", *QUICK, RINGG_API_KEY=KEY)
    assert (done.code, len(server.requests)) == (0, 2)
    assert "0 started, 2 skipped" in done.out
    assert done.last_line == "2 completed"


def test_waiting_needs_the_key_also_where_nothing_is_to_start(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=COMPLETED) as server:
        started(cli, tmp_path, server, 2)
        done = cli("apply", "--wait")
    assert (done.code, done.out, server.looks) == (3, "", [])
    assert "RINGG_API_KEY" in done.err


@pytest.mark.parametrize(
    ("shown", "waits"),
    [(lists(), False), (in_turn(lists(list_1="ongoing"), lists(list_1="completed")), True)],
    ids=["absent", "calling"],
)
def test_the_end_of_an_unresolved_one_may_be_seen_and_it_stays_unresolved(
    cli: Cli, tmp_path: Path, *, shown: Say, waits: bool
) -> None:
    options = ("--settle", "0", "--format", "json")
    done, server = applied(cli, tmp_path, *options, listing=shown, say=hangs_up, count=1)
    document = document_of(done, "run")
    assert (done.code, document["summary"]["unresolved"]) == (6, 1)
    assert document["waited"]["counts"]["completed"] == waits
    # One look for the plan, and those of the waiting.
    assert len(server.looks) == (3 if waits else 2)


def test_after_a_refused_key_nobody_waits(cli: Cli, tmp_path: Path) -> None:
    refused = says(401, {"message": "Invalid credentials"})
    done, server = applied(cli, tmp_path, "--format", "json", listing=LIVE, say=refused)
    document = document_of(done, "run")
    assert (done.code, document["waited"], len(server.looks)) == (5, None, 1)


def test_where_nothing_could_start_nobody_looks(cli: Cli, tmp_path: Path) -> None:
    refused = says(400, {"message": "Number pool not found."})
    done, server = applied(cli, tmp_path, listing=lists(), say=refused, count=1)
    assert (done.code, done.last_line) == (1, "nothing to wait for")
    # One for the plan, and one since the 400 was not about the campaign's state.
    assert len(server.looks) == 2


def test_what_a_run_did_is_told_whatever_becomes_of_the_waiting(
    cli: Cli, tmp_path: Path, authority: trustme.CA, certificate: ssl.SSLContext
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    def registers_and_takes_the_certificates_away(
        connection: socket.socket, ended: threading.Event
    ) -> None:
        ca_file.unlink()
        REGISTERED(connection, ended)

    say = registers_and_takes_the_certificates_away
    with serving(say, listing=lists(), tls=certificate) as server:
        a_project_at(tmp_path, server.url)
        options = ("--yes", "--wait", "--ca-file", "ca.pem", "--format", "json")
        done = cli("apply", *options, RINGG_API_KEY=KEY)
    document = document_of(done, "run")
    assert (done.code, document["summary"]["started"]) == (7, 1)
    assert document["waited"]["end"] == "unreadable"


def test_quiet_shows_the_result_alone(cli: Cli, tmp_path: Path) -> None:
    done, _ = applied(cli, tmp_path, "-q", listing=in_turn(LIVE, COMPLETED))
    assert (done.code, done.err, done.last_line) == (0, "", "2 completed")
    broken = in_turn(LIVE, *[says(500)] * 3, COMPLETED)
    done, _ = applied(cli, tmp_path / "broken", "-q", *at(tmp_path / "broken"), listing=broken)
    assert done.err.splitlines() == ["warning: the server's list is not read: HTTP 500"]


def at(root: Path) -> tuple[str, str]:
    return "--project", str(root / "ringg-runner.yaml")


def test_a_log_has_an_event_for_each_look_and_one_for_the_end(cli: Cli, tmp_path: Path) -> None:
    hostile = lists(list_1="completed", list_2=f"ongoing {KEY}")
    listing = in_turn(LIVE, hostile, *[says(500, {"message": KEY})] * 3, COMPLETED)
    done, _ = applied(cli, tmp_path, "--log-format", "json", listing=listing)
    found = [json.loads(line) for line in done.err.splitlines()]
    for event in found:
        Draft7Validator(schemas.load("log")).validate(event)
    looks = [event for event in found if event["event"] == "watch"]
    assert [len(event["changed"]) for event in looks] == [2, 2, 0, 1]
    assert [event["level"] for event in looks] == ["info", "info", "warning", "info"]
    assert [event["over"] for event in looks] == [False, False, False, True]
    assert [event["event"] for event in found][-2:] == ["watch", "watch_ended"]
    assert (found[-1]["exit_code"], found[-1]["end"]) == (0, "over")
    assert len({event["run_id"] for event in found}) == 1
    assert KEY not in done.err + done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "--watch", "--no-refresh"), "--watch reads the server's list"),
        (("apply", "--wait", "--no-refresh"), "--wait reads the server's list"),
        (("status", "--wait-limit", "2h"), "add --watch"),
        (("apply", "--wait-limit", "2h"), "add --wait"),
        (("status", "--watch", "--poll", "0"), "--poll"),
    ],
)
def test_what_cannot_be_done_is_wrong_usage(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    a_workspace(tmp_path, *manifests(1))
    done = cli(*arguments, RINGG_API_KEY=KEY)
    assert (done.code, done.out) == (64, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [("90s", 90), ("30m", 1_800), ("4h", 14_400), ("2d", 172_800), ("1.5h", 5_400), (60.0, 60)],
)
def test_a_duration_is_told_in_seconds_minutes_hours_or_days(
    limit: str | float, seconds: float
) -> None:
    assert Duration().convert(limit, None, None) == seconds


@pytest.mark.parametrize("limit", ["90", "4 h", "0s", "0.0m", "-1h", "1w", "h", "", "1h30m", "∞d"])
def test_what_is_no_duration_is_wrong_usage(cli: Cli, limit: str) -> None:
    done = cli("status", "--watch", "--wait-limit", limit)
    assert done.code == 64
    assert f"{limit} is no duration: write 90s, 30m, 24h or 7d" in done.err


@contextmanager
def a_sandbox(root: Path, *options: str) -> Iterator[str]:
    """Serve the sandbox on loopback while the block runs; its URL."""
    state = str(root / "served.db")
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "--port", "0", "--state", state, *options],
        env=an_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_sandboxs_campaigns_are_waited_for_until_they_complete(
    cli: Cli, tmp_path: Path
) -> None:
    with a_sandbox(tmp_path, "--call-seconds", "1") as url:
        a_project_at(tmp_path, url, *manifests(3))
        done = cli("apply", "--yes", "--wait", "--poll", "0.1", RINGG_API_KEY=KEY)
        again = cli("status", "--watch", RINGG_API_KEY=KEY)
    assert (done.code, done.last_line) == (0, "3 completed")
    assert (again.code, again.last_line) == (0, "3 completed")


@pytest.mark.parametrize(
    ("arguments", "number", "code", "said"),
    [
        (("status", "--watch"), signal.SIGINT, 130, "interrupted after"),
        (("status", "--watch"), signal.SIGTERM, 143, "told to end after"),
        (("apply", "--wait"), signal.SIGINT, 130, "interrupted after"),
        (("apply", "--wait"), signal.SIGTERM, 143, "told to end after"),
    ],
)
def test_a_signal_ends_the_waiting_with_the_last_table(
    cli: Cli,
    tmp_path: Path,
    *,
    arguments: tuple[str, ...],
    number: signal.Signals,
    code: int,
    said: str,
) -> None:
    with a_sandbox(tmp_path) as url:
        a_project_at(tmp_path, url, *manifests(2))
        assert cli("apply", "--yes", RINGG_API_KEY=KEY).code == 0
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=an_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert process.stderr.readline() == "c1: ongoing (0 people)\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    *table, why, summary = out.splitlines()
    assert (process.returncode, summary) == (code, "0 completed, 2 still live")
    assert said in why
    assert sum(" ongoing " in line for line in table) == 2
    assert "Traceback" not in err


def test_a_board_takes_what_is_seen_while_the_command_runs(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_once_it_is_seen(connection: socket.socket, ended: threading.Event) -> None:
        terminal.wait_for("1 still live")
        lists(list_1="completed")(connection, ended)

    listing = in_turn(lists(list_1="ongoing"), *[says(500)] * 3, ends_once_it_is_seen)
    monkeypatch.setenv("TERM", "xterm")
    with serving(REGISTERED, listing=listing) as server, a_terminal() as terminal:
        started(cli, tmp_path, server, 1)
        with redirect_stderr(terminal.stream):
            done = cli("status", "--watch", *QUICK, RINGG_API_KEY=KEY)
        terminal.finish()
    assert (done.code, done.last_line) == (0, "1 completed")
    assert terminal.screen.shown == ["warning: the server's list is not read: HTTP 500"]


def on_a_terminal(
    root: Path,
    while_it_waits: Callable[[Terminal, Server], None],
    *arguments: str,
    out: Path | None = None,
) -> tuple[Terminal, int]:
    """Run a command on a terminal, whose list shows both campaigns live until the end is let in."""
    with serving(REGISTERED, listing=lists()) as server, a_terminal() as terminal:
        a_project_at(root, server.url, *manifests(2))
        apply = [*COMMAND, "apply", "--yes"]
        subprocess.run(apply, cwd=root, env=an_environment(), check=True, capture_output=True)
        server.listing = LIVE
        with (out or root / "unused").open("w") as file:
            process = terminal.start(
                *(*COMMAND, *arguments, "--poll", "0.05"),
                cwd=root,
                stdout=file.fileno() if out else None,
                env=an_environment(),
            )
            while_it_waits(terminal, server)
            terminal.finish()
            return terminal, process.wait(30)


def test_on_a_terminal_a_table_is_seen_that_leaves_no_trace(tmp_path: Path) -> None:
    def lets_them_end(terminal: Terminal, server: Server) -> None:
        terminal.wait_for("2 still live")
        while " left" not in terminal.written.rpartition("2 still live")[2]:
            assert terminal.read()
        head, first, second, counts, times = terminal.screen.shown
        assert head.split() == ["NAME", "SERVER", "PEOPLE", "FOR"]
        assert [row.split()[:3] for row in (first, second)] == [
            ["c1", "ongoing", "-"],
            ["c2", "ongoing", "-"],
        ]
        assert counts == "0 completed · 2 still live"
        assert times.startswith("next look in 0:00:0")
        server.listing = COMPLETED

    terminal, code = on_a_terminal(tmp_path, lets_them_end, "status", "--watch")
    shown = terminal.screen.shown
    assert (code, shown[-1]) == (0, "2 completed")
    assert shown[0].split()[:3] == ["NAME", "LIST", "LEDGER"]
    assert ERASE in terminal.written


def test_a_warning_stands_above_the_table(tmp_path: Path) -> None:
    def breaks(terminal: Terminal, server: Server) -> None:
        terminal.wait_for("2 still live")
        server.listing = says(500)
        terminal.wait_for("warning: the server's list is not read: HTTP 500")
        server.listing = COMPLETED

    out = tmp_path / "out"
    terminal, code = on_a_terminal(tmp_path, breaks, "status", "--watch", out=out)
    assert code == 0
    assert terminal.screen.shown == ["warning: the server's list is not read: HTTP 500"]
    assert out.read_text().splitlines()[-1] == "2 completed"
