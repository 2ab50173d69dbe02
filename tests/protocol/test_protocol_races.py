"""Processes that apply the same campaigns at the same moment share them: each list starts once."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_places import KINDS, a_place
from protocol_processes import Told, a_workplace, list_ids, told_by
from protocol_server import TruthServer, truth

from ringg_runner.ledger.records import State
from ringg_runner.ledger.store import open_ledger

LISTS = list_ids()


def race(
    folder: Path, server: TruthServer, ledger: str, processes: int, *options: str
) -> list[Told]:
    place = a_workplace(folder, server.url, LISTS, ledger)
    running = [place.apply("--format", "json", *options) for _ in range(processes)]
    return [told_by(process) for process in running]


@pytest.mark.parametrize(
    ("processes", "options"),
    [(2, ()), (8, ("--no-refresh",))],
    ids=["two that read the list", "eight that do not"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_each_list_is_started_once_however_many_processes_apply_it(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kind: str,
    processes: int,
    options: tuple[str, ...],
) -> None:
    ledger = a_place(kind, request)
    with truth(LISTS) as server:
        told = race(tmp_path, server, ledger, processes, *options)
    assert server.starts == dict.fromkeys(LISTS, 1)
    for one in told:
        summary = one.summary
        assert one.code == 0, one
        assert summary["started"] + summary["skipped"] + summary["held"] == len(LISTS)
    assert sum(one.summary["started"] for one in told) == len(LISTS)
    with open_ledger(ledger, create=False) as opened:
        assert opened.verify() is None
        assert [entry.state for entry in opened.entries()] == [State.STARTED] * len(LISTS)
