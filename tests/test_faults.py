"""Every fault of the wire, through the whole program, over real sockets."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
import trustme
from build import a_project_at, manifests
from conftest import Cli
from fault_cases import BODIES, FAULTS, KEY, REGISTERED, Fault, Scene
from servers import keeps_open, serving

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "faults.md"
ESCAPED = re.compile(r"\\u00([0-9a-f]{2})|&#x([0-9a-f]+);", re.IGNORECASE)
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.happens for fault in FAULTS])
def test_a_fault_comes_to_what_the_documentation_says(
    cli: Cli, tmp_path: Path, authority: trustme.CA, fault: Fault
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with fault.play(authority) as scene:
        a_project_at(tmp_path, scene.url)
        done = cli(
            "apply", "--yes", "-v", "--settle", "0", *fault.arguments,
            RINGG_API_KEY=KEY, **scene.variables,
        )  # fmt: skip
    row = done.out.splitlines()[3]
    assert (row.split()[0], done.code) == (fault.outcome, fault.code)
    assert fault.pattern.search(row), row
    assert_sent_once_at_most(scene, fault)
    assert_nothing_secret(done.out + done.err, tmp_path, scene)
    assert OBEYED.search(done.out + done.err) is None


def assert_sent_once_at_most(scene: Scene, fault: Fault) -> None:
    if scene.server is not None:
        assert scene.server.started_lists == ["list-1"] * fault.sent
    if scene.bystander is not None:
        assert (scene.bystander.requests, scene.bystander.looks) == ([], [])


def assert_nothing_secret(shown: str, folder: Path, scene: Scene) -> None:
    ledger = b"".join(file.read_bytes() for file in (folder / ".ringg-runner").iterdir())
    told = shown + ledger.decode("latin-1")
    plain = ESCAPED.sub(lambda escape: chr(int(escape[1] or escape[2], 16)), told).lower()
    assert KEY not in plain
    assert "pa55word" not in plain


def test_the_table_of_the_documentation_is_this_table() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (\d+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [fault.row for fault in FAULTS]


HUGE = [fault for fault in BODIES if "40 MB" in fault.happens or "bomb" in fault.happens]


@pytest.mark.parametrize("fault", HUGE, ids=[fault.happens for fault in HUGE])
def test_an_answer_takes_little_memory_however_large_it_is(
    cli: Cli, tmp_path: Path, authority: trustme.CA, fault: Fault
) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        assert cli("apply", "--yes", RINGG_API_KEY=KEY).code == 0  # what is imported is in memory
    with fault.play(authority) as scene:
        a_project_at(tmp_path, scene.url)
        tracemalloc.start()
        try:
            done = cli("apply", "--yes", "--settle", "0", RINGG_API_KEY=KEY)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert done.code == fault.code
    assert peak < 4_000_000


def test_an_answer_that_came_too_early_is_not_the_answer_to_the_next_start(
    cli: Cli, tmp_path: Path
) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    with serving(keeps_open(answer * 2)) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = cli("apply", "--yes", "--concurrency", "1", RINGG_API_KEY=KEY)
    assert done.last_line == "3 started"
    assert server.started_lists == ["list-1", "list-2", "list-3"]
