"""Saved plans and real processes: two at once, and a person who takes their time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import Server, lists, serving
from test_processes import COMMAND, KEY, REGISTERED, a_project_at, environment, start

COUNT = 20


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=root,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def a_sandbox(root: Path) -> Iterator[str]:
    """The sandbox, served; its base URL."""
    root.mkdir()
    process = start(root, "sandbox", "--port", "0", "--api-key", KEY)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_two_applies_of_one_plan_at_once_start_each_list_once_and_one_is_told(
    tmp_path: Path,
) -> None:
    with a_sandbox(tmp_path / "sandbox") as url:
        project = tmp_path / "project"
        a_project_at(project, url, count=COUNT)
        assert run(project, "plan", "-o", "plan.json").returncode == 0
        command = ("apply", "--plan", "plan.json", "--yes", "--format", "json")
        applies = [start(project, *command) for _ in range(2)]
        ends = [process.communicate(timeout=60) for process in applies]
        counted = httpx.get(f"{url.removesuffix('/ca/api/v0')}/sandbox/starts").json()["starts"]
        third = run(project, *command)
    assert {one["list_id"]: one["count"] for one in counted} == {
        f"list-{number}": 1 for number in range(1, COUNT + 1)
    }
    told = 0
    started = 0
    for process, (out, err) in zip(applies, ends, strict=True):
        if process.returncode == 3:
            assert "plan.json was applied before: run " in err
            told += 1
            continue
        assert process.returncode == 0, err
        campaigns: list[dict[str, Any]] = json.loads(out)["campaigns"]
        started += sum(one["outcome"] == "started" for one in campaigns)
        others = [one["reason"] for one in campaigns if one["outcome"] != "started"]
        assert all("started" in why for why in others)
        told += bool(others)
    assert started == COUNT
    assert told >= 1
    assert third.returncode == 3


@contextmanager
def a_question(
    root: Path, server: Server, *arguments: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An apply on a terminal that has asked, and the terminal to answer on."""
    master, slave = os.openpty()
    process = start(root, "apply", *arguments, stdin=slave)
    assert process.stderr is not None
    assert any("to start" in line for line in process.stderr)
    try:
        yield process, master
    finally:
        os.close(master)
        os.close(slave)


def digest_of_the_plan(root: Path) -> str:
    digest: str = json.loads((root / "plan.json").read_text())["digest"]
    return digest


@pytest.mark.parametrize(
    ("options", "code", "sent", "told"),
    [
        (("--plan",), 0, 1, "1 started, 1 skipped"),
        (("--expect-digest",), 3, 0, "was expected: nothing was sent"),
        (("--plan", "--expect-digest"), 3, 0, "was expected: nothing was sent"),
    ],
    ids=["plan", "digest", "both"],
)
def test_what_moves_while_a_person_thinks_is_held_against_what_was_reviewed(
    tmp_path: Path, options: tuple[str, ...], code: int, sent: int, told: str
) -> None:
    with serving(REGISTERED, listing=lists(list_1="draft", list_2="draft")) as server:
        a_project_at(tmp_path, server.url, count=2)
        assert run(tmp_path, "plan", "--refresh", "-o", "plan.json").returncode == 0
        values = {"--plan": "plan.json", "--expect-digest": digest_of_the_plan(tmp_path)}
        arguments = [word for option in options for word in (option, values[option])]
        with a_question(tmp_path, server, *arguments) as (process, terminal):
            server.listing = lists(list_1="completed", list_2="draft")
            os.write(terminal, b"production\n")
            out, err = process.communicate(timeout=30)
    assert (process.returncode, len(server.requests)) == (code, sent)
    assert told in out + err


def test_a_plan_of_another_digest_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    master, slave = os.openpty()
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        process = start(tmp_path, "apply", "--expect-digest", f"sha256:{'0' * 64}", stdin=slave)
        _, err = process.communicate(timeout=30)
    os.close(master)
    os.close(slave)
    assert (process.returncode, server.requests) == (3, [])
    assert "This calls people" not in err


def test_a_saved_plan_is_asked_about_as_any_other(tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url, count=2)
        run(tmp_path, "plan", "-o", "plan.json")
        unasked = run(tmp_path, "apply", "--plan", "plan.json")
        with a_question(tmp_path, server, "--plan", "plan.json") as (process, terminal):
            os.write(terminal, b"no\n")
            process.communicate(timeout=30)
    assert (unasked.returncode, process.returncode, server.requests) == (4, 4, [])
    assert "give --yes" in unasked.stderr


def test_plan_show_loads_neither_the_client_nor_the_database(tmp_path: Path) -> None:
    a_project_at(tmp_path, "https://api.example.com/v0")
    run(tmp_path, "plan", "-o", "plan.json")
    code = (
        "import sys\n"
        "from ringg_runner.cli import main\n"
        "main(['plan', 'show', 'plan.json'])\n"
        "print(sorted({'httpx', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
