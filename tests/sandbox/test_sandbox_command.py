"""The command `sandbox` with its faults, in a process of its own and over real sockets."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from conftest import Cli

from ringg_runner.cli.sandbox import command
from ringg_runner.sandbox import STARTS_PATH, FaultKind, ListFault

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md"
BODY = {"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1"}
START = "/campaign/v2/start"
CONTENT = json.dumps(BODY).encode()
REQUEST = (
    f"POST /ca/api/v0{START} HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\n"
    f"Content-Length: {len(CONTENT)}\r\n\r\n"
).encode() + CONTENT


@dataclass(frozen=True)
class Served:
    """A sandbox that runs, and a client of it."""

    process: subprocess.Popen[str]
    client: httpx.Client

    @property
    def address(self) -> tuple[str, int]:
        return str(self.client.base_url.host), int(self.client.base_url.port or 0)

    def start(self, **fields: str) -> httpx.Response:
        return self.client.post(START, json=BODY | fields)

    def statuses(self) -> dict[str, str]:
        rows = self.client.get("/campaign/all").json()["campaigns"]
        return {row["id"]: row["campaign_status"] for row in rows}

    def times_started(self) -> dict[str, int]:
        url = self.client.base_url.join(STARTS_PATH)
        starts = httpx.get(url, trust_env=False).json()["starts"]
        return {each["list_id"]: each["count"] for each in starts}

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ringg_runner", "sandbox", "--port", "0", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            base = process.stdout.readline().strip()
            key = {"X-API-KEY": "k"}
            with httpx.Client(base_url=base, headers=key, trust_env=False) as client:
                yield Served(process, client)
        finally:
            process.kill()


# --- connections that end without an answer


@pytest.mark.parametrize(("kind", "started"), [("lost", {"l-1": 1}), ("lost-before", {})])
def test_a_lost_answer_closes_the_connection_without_a_byte(
    tmp_path: Path, kind: str, started: dict[str, int]
) -> None:
    with served(tmp_path, "--fault", f"{kind}:l-1") as sandbox:
        with socket.create_connection(sandbox.address) as client:
            client.sendall(REQUEST)
            with client.makefile("rb") as stream:
                assert stream.read() == b""
        assert sandbox.times_started() == started
        assert sandbox.end() == (0, "", "")


def test_an_answer_is_lost_on_a_connection_that_was_in_use_too(tmp_path: Path) -> None:
    with served(tmp_path, "--fault", "lost:l-1:1") as sandbox:
        assert sandbox.statuses() == {}
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            sandbox.start()
        assert sandbox.start().status_code == 400
        assert sandbox.times_started() == {"l-1": 1}
        assert sandbox.end() == (0, "", "")


def test_a_late_answer_that_nobody_waits_for_does_not_hold_the_sandbox_up(tmp_path: Path) -> None:
    with served(tmp_path, "--fault", "late:*", "--fault-seconds", "3600") as sandbox:
        with socket.create_connection(sandbox.address) as client:
            client.sendall(REQUEST)
            deadline = time.monotonic() + 30
            while not sandbox.times_started():
                assert time.monotonic() < deadline
            assert sandbox.times_started() == {"l-1": 1}
        # A request that still runs after the grace would be reported here.
        assert sandbox.end() == (0, "", "")


# --- the options


def test_a_campaign_that_completes_is_started_twice(tmp_path: Path) -> None:
    with served(tmp_path, "--call-seconds", "0") as sandbox:
        assert [sandbox.start().status_code for _ in range(2)] == [200, 200]
        assert sandbox.statuses() == {"l-1": "completed"}
        assert sandbox.times_started() == {"l-1": 2}


def test_faults_of_several_lists_are_given_one_by_one(tmp_path: Path) -> None:
    faults = ("throttled:l-1:1", "fail-after:l-2", "preparing:l-3", "lagging:l-4")
    options = [word for fault in faults for word in ("--fault", fault)]
    with served(tmp_path, *options) as sandbox:
        codes = [sandbox.start(list_id=f"l-{n}").status_code for n in (1, 1, 2, 3, 4)]
        assert codes == [429, 200, 500, 200, 200]
        assert sandbox.statuses() == {
            "l-4": "draft",
            "l-1": "ongoing",
            "l-2": "ongoing",
            "l-3": "preparing",
        }


def test_the_list_of_all_campaigns_goes_wrong_as_a_whole(tmp_path: Path) -> None:
    with served(tmp_path, "--list-fault", "unreadable") as sandbox:
        assert sandbox.client.get("/campaign/all").status_code == 403


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--fault", "lost"], "'lost' names no list"),
        (["--fault", "lots:l-1"], "there are: lost, lost-before"),
        (["--fault", "lost:l-1", "--fault", "late:"], "the list in 'late:' must be an id"),
        (["--list-fault", "odd"], "'odd' is not one of"),
        (["--call-seconds", "-1"], "-1.0 is not in the range"),
        (["--call-seconds", "inf"], "inf is not in the range"),
        (["--call-seconds", "nan"], "nan is no number of seconds"),
        (["--fault-seconds", "nan"], "nan is no number of seconds"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_that_cannot_be_meant_is_wrong_usage(
    cli: Cli, options: list[str], problem: str
) -> None:
    done = cli("sandbox", *options)
    assert (done.code, done.out) == (64, "")
    assert problem in " ".join(done.err.split())


def test_the_command_offers_every_fault_of_the_list() -> None:
    (option,) = (each for each in command.params if each.name == "list_fault")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(ListFault)


# --- the page


def test_the_page_names_every_option_and_every_fault() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([\w-]+)", page, re.MULTILINE))
    options = {each.opts[0] for each in command.params if each.opts[0] != "--help"}
    assert named >= {*FaultKind, *ListFault, *options}


def without_times(text: str) -> Any:
    return json.loads(re.sub(r'"at":\s*\[[^]]*\]', '"at": []', text))


@pytest.mark.skipif(not shutil.which("curl"), reason="the page shows the danger with curl")
def test_the_example_of_the_page_is_what_happens(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (serve,) = re.findall(r"^```sh\nringg-runner sandbox (.*?)\n```$", page, re.MULTILINE)
    (session,) = re.findall(r"^```text\n(\$ curl.*?)^```$", page, re.MULTILINE | re.DOTALL)
    with served(tmp_path, *serve.split()) as sandbox:
        _, port = sandbox.address
        for example in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            lines, shown = re.fullmatch(r"((?:.*\\\n)*.*)\n(.*)\n", example).groups()  # type: ignore[union-attr]
            done = subprocess.run(
                ["bash", "-c", lines.replace(":8765", f":{port}")],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
                capture_output=True,
                text=True,
                check=True,
            )
            assert without_times(done.stdout) == without_times(shown), lines
