"""The program as a process: terminals, pipes, signals, and what it loads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from build import a_manifest, a_project_file, a_workspace
from servers import Say, Server, lists, says, serving

KEY = "rg_live_0123456789abcdef"
COMMAND = (sys.executable, "-m", "ringg_runner")
REGISTERED = says(200, {"status": "campaign registered successfully!"})


def environment(**variables: str) -> dict[str, str]:
    ours = {"CI": "", "RINGG_API_KEY": KEY, "PYTHONWARNINGS": "error"}
    github = {"GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": ""}
    return {**os.environ, **ours, **github, **variables}


def a_project_at(root: Path, url: str, count: int = 3) -> None:
    a_workspace(
        root,
        *(a_manifest(name=f"c{n}", list_id=f"list-{n}") for n in range(1, count + 1)),
        project=a_project_file(environments={"production": {"base_url": url}}),
    )


def start(root: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=root,
        env=environment(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_help_loads_neither_the_client_nor_the_database() -> None:
    code = (
        "import sys\n"
        "from ringg_runner.cli import main\n"
        "main(['--help'])\n"
        "heavy = {'httpx', 'sqlalchemy', 'yaml', 'jsonschema', 'starlette', 'asyncio', 'rich'}\n"
        "heavy |= {'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_a_plan_loads_neither_the_client_nor_the_database(tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    code = (
        "import sys\n"
        "from ringg_runner.cli import main\n"
        "main(['plan'])\n"
        "print(sorted({'httpx', 'sqlalchemy', 'jinja2'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("typed", "code", "sent"),
    [
        ("production\n", 0, 3),
        ("yes\n", 4, 0),
        ("prod\n", 4, 0),
        ("Production\n", 4, 0),
        ("\n", 4, 0),
        ("\x04", 4, 0),
    ],
    ids=["its name", "yes", "a part of it", "other case", "return", "end of input"],
)
def test_on_a_terminal_production_starts_only_for_its_name(
    tmp_path: Path, typed: str, code: int, sent: int
) -> None:
    master, slave = os.openpty()
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        process = start(tmp_path, "apply", stdin=slave)
        os.write(master, typed.encode())
        out, err = process.communicate(timeout=30)
    os.close(master)
    os.close(slave)
    assert (process.returncode, len(server.requests)) == (code, sent)
    assert "This calls people. Type production to go on" in err
    assert "3 campaigns start in production" in err
    assert "New here: c1, c2, c3." in err
    assert "3 to start" in err
    assert ("started" in out) == (sent > 0)


def test_what_somebody_starts_while_a_person_thinks_is_not_started_again(tmp_path: Path) -> None:
    master, slave = os.openpty()
    with serving(REGISTERED, listing=lists(list_1="draft")) as server:
        a_project_at(tmp_path, server.url, count=1)
        process = start(tmp_path, "apply", stdin=slave)
        assert process.stderr is not None
        assert any("1 to start" in line for line in process.stderr)
        server.listing = lists(list_1="completed")
        os.write(master, b"production\n")
        out, _ = process.communicate(timeout=30)
    os.close(master)
    os.close(slave)
    assert (process.returncode, server.requests) == (0, [])
    assert out.splitlines()[-1] == "0 started, 1 skipped"


def test_a_reader_who_leaves_does_not_stop_the_run(tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        process = start(tmp_path, "apply", "--yes")
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=30)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        process.stderr.close()
    assert (process.returncode, len(server.requests)) == (0, 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_result_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "plan"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"the result could not be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_where_nothing_can_be_shown_nothing_is_sent(tmp_path: Path) -> None:
    with serving(REGISTERED) as server, Path("/dev/full").open("w") as full:
        a_project_at(tmp_path, server.url)
        done = subprocess.run(
            [*COMMAND, "apply", "--yes"],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, server.requests) == (1, [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_run_whose_report_is_lost_is_no_success(tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "apply", "--env", "sandbox", "--format", "json"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b'"outcome": "started"' in done.stderr


def test_a_terminal_that_cannot_write_a_character_fails_no_run(tmp_path: Path) -> None:
    strange = says(200, {"status": "शुरू"})
    with serving(strange, listing=lists()) as server:
        a_project_at(tmp_path, server.url, count=1)
        done = subprocess.run(
            [*COMMAND, "apply", "--yes"],
            cwd=tmp_path,
            env=environment(PYTHONIOENCODING="latin-1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u0936" in done.stdout


def answers_when_told(server_is_asked: threading.Event, go_on: threading.Event) -> Say:
    def say(connection: socket.socket, ended: threading.Event) -> None:
        server_is_asked.set()
        go_on.wait()
        REGISTERED(connection, ended)

    return say


def interrupted(
    root: Path, then: Callable[[subprocess.Popen[str], threading.Event], None]
) -> tuple[subprocess.Popen[str], dict[str, str], Server, str]:
    """Run an apply of three, and let `then` act while the first request is under way."""
    asked, go_on = threading.Event(), threading.Event()
    with serving(answers_when_told(asked, go_on)) as server:
        a_project_at(root, server.url)
        process = start(root, "apply", "--yes", "--format", "json", "--concurrency", "1")
        assert asked.wait(30)
        then(process, go_on)
        out, err = process.communicate(timeout=30)
        go_on.set()
    document = json.loads(out)
    assert document["exit_code"] == process.returncode
    outcomes = {campaign["name"]: campaign["outcome"] for campaign in document["campaigns"]}
    return process, outcomes, server, err


def told(process: subprocess.Popen[str], signal_number: signal.Signals) -> None:
    """Send a signal, and wait until the process has said that it got it."""
    process.send_signal(signal_number)
    assert process.stderr is not None
    assert any(
        line == "interrupted: nothing more is started; 1 under way may end within 5 s\n"
        for line in process.stderr
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_request_under_way_end_and_reports(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    def once(process: subprocess.Popen[str], go_on: threading.Event) -> None:
        told(process, number)
        go_on.set()

    process, outcomes, server, _ = interrupted(tmp_path, once)
    assert process.returncode == code
    assert outcomes == {"c1": "started", "c2": "cancelled", "c3": "cancelled"}
    assert len(server.requests) == 1


def test_a_second_signal_gives_up_and_says_what_is_not_known(tmp_path: Path) -> None:
    def twice(process: subprocess.Popen[str], _go_on: threading.Event) -> None:
        told(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)

    process, outcomes, _, err = interrupted(tmp_path, twice)
    assert process.returncode == 6
    assert outcomes == {"c1": "unresolved", "c2": "cancelled", "c3": "cancelled"}
    assert "Traceback" not in err


def test_an_answer_that_does_not_come_holds_an_interrupted_run_up_for_seconds_only(
    tmp_path: Path,
) -> None:
    process, outcomes, _, err = interrupted(tmp_path, lambda it, _: told(it, signal.SIGTERM))
    assert process.returncode == 6
    assert outcomes == {"c1": "unresolved", "c2": "cancelled", "c3": "cancelled"}
    assert err == ""


def test_the_served_sandbox_prints_its_address_first_and_starts_campaigns(tmp_path: Path) -> None:
    process = start(tmp_path, "sandbox", "--port", "0", "--api-key", KEY)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    a_project_at(tmp_path, url)
    outcomes = []
    for _ in range(2):
        done = subprocess.run(
            [*COMMAND, "apply", "--yes"],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes.append((done.returncode, done.stdout.splitlines()[-1]))
    listed = httpx.get(f"{url}/campaign/all?limit=10&offset=0", headers={"X-API-KEY": KEY}).json()
    refused = httpx.get(f"{url}/workspace", headers={"X-API-KEY": "another"})
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert outcomes == [(0, "3 started"), (0, "0 started, 3 skipped")]
    assert sorted(row["id"] for row in listed["campaigns"]) == ["list-1", "list-2", "list-3"]
    assert refused.status_code == 401
    assert (process.returncode, out, err) == (0, "", "")


def test_ctrl_c_ends_the_sandbox_without_a_traceback(tmp_path: Path) -> None:
    process = start(tmp_path, "sandbox", "--port", "0", "--error-style", "detail")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert httpx.get(f"{url}/workspace").json() == {"detail": "Invalid credentials"}
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
