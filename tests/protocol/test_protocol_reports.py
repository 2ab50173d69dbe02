"""What the ledger reports of a run that was killed, beside what the server counted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator
from protocol_processes import KEY, a_workplace, list_ids
from protocol_server import Moment, truth

from ringg_runner.authoring import schemas
from ringg_runner.sandbox import STARTS_PATH


@contextmanager
def a_sandbox(folder: Path, *options: str) -> Iterator[httpx.URL]:
    """Serve the sandbox in a process of its own while the block runs."""
    command = [sys.executable, "-m", "ringg_runner", "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield httpx.URL(process.stdout.readline().strip())
        finally:
            process.kill()


def counted(url: httpx.URL) -> dict[str, int]:
    """How often each list was really started, by the server's own count."""
    starts = httpx.get(url.join(STARTS_PATH), trust_env=False).json()["starts"]
    return {each["list_id"]: each["count"] for each in starts}


def the_report(folder: Path) -> dict[str, Any]:
    """What `ledger report` tells in a process of its own, as in a later step of a job."""
    done = subprocess.run(
        [sys.executable, "-m", "ringg_runner", "ledger", "report", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    Draft7Validator(schemas.load("run")).validate(document)
    return document


def by_outcome(document: dict[str, Any], outcome: str) -> set[str]:
    return {each["list_id"] for each in document["campaigns"] if each["outcome"] == outcome}


def once_counted(url: httpx.URL, count: int) -> dict[str, int]:
    """Wait until so many lists were started."""
    deadline = time.monotonic() + 30
    while len(starts := counted(url)) < count:
        assert time.monotonic() < deadline
    return starts


def test_after_a_kill_the_ledger_counts_what_the_server_counts(tmp_path: Path) -> None:
    ids = list_ids(8)
    # The fifth is started, and its answer takes longer than the test.
    fault = ("--fault", f"late:{ids[4]}", "--fault-seconds", "3600")
    with a_sandbox(tmp_path, "--api-key", KEY, *fault) as url:
        place = a_workplace(tmp_path / "work", str(url), ids)
        process = place.apply("--concurrency", "1", "--timeout", "30", "--lease", "120")
        starts = once_counted(url, 5)
        process.kill()
        process.communicate()
        assert process.returncode == -SIGKILL
        document = the_report(place.folder)
        assert counted(url) == starts
    assert set(starts) == set(ids[:5])
    assert by_outcome(document, "started") == set(ids[:4])
    assert by_outcome(document, "unresolved") == {ids[4]}
    assert document["summary"]["started"] + document["summary"]["unresolved"] == sum(
        starts.values()
    )


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("request_number", [1, 7, 20])
def test_whenever_a_run_is_killed_the_ledger_hides_no_start_and_makes_none_up(
    tmp_path: Path, moment: Moment, request_number: int
) -> None:
    ids, count = list_ids(40), iter(range(1, 1_000))
    with truth(ids) as server:
        place = a_workplace(tmp_path, server.url, ids)
        process = place.apply("--concurrency", "4")

        def watch(seen: Moment) -> None:
            if seen is moment and next(count) == request_number:
                process.kill()

        server.watch = watch
        process.communicate()
        document = the_report(place.folder)
        started = set(server.starts)
    told = by_outcome(document, "started")
    assert process.returncode == -SIGKILL
    assert told <= started <= told | by_outcome(document, "unresolved")


def test_a_run_that_is_told_to_end_leaves_its_reports(tmp_path: Path) -> None:
    ids, count = list_ids(40), iter(range(1, 1_000))
    with truth(ids) as server:
        place = a_workplace(tmp_path, server.url, ids)
        process = place.apply("--concurrency", "1", "--report", "r.json", "--report", "r.html")

        def watch(seen: Moment) -> None:
            if seen is Moment.STARTED and next(count) == 3:
                process.send_signal(SIGTERM)

        server.watch = watch
        process.communicate()
        started = set(server.starts)
    document = json.loads((place.folder / "r.json").read_text())
    assert (process.returncode, document["exit_code"]) == (143, 143)
    assert by_outcome(document, "started") == started
    assert document["summary"]["cancelled"] == 40 - len(started)
    assert "The run was told to end" in (place.folder / "r.html").read_text()
