"""What was started: once for each list, whoever starts it and however many at a time."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest

from ringg_runner.sandbox import Store, StoreError
from ringg_runner.sandbox.store import Claim, StartedCampaign

INDIA = timezone(timedelta(hours=5, minutes=30))


def start(store: Store, list_id: str = "l-1") -> Claim:
    return store.start(list_id=list_id, agent_id="a-1", number_pool_id="p-1", name="Diwali")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sandbox.db"


def test_a_start_is_remembered_with_its_moment_in_utc(path: Path) -> None:
    moment = datetime(2026, 12, 1, 14, 30, 5, 999, tzinfo=INDIA)
    with Store(path, clock=lambda: moment) as store:
        assert start(store) == Claim(registered=True, others_ongoing=False)
    with Store(path) as store:
        assert store.campaigns() == [
            StartedCampaign(
                list_id="l-1",
                agent_id="a-1",
                number_pool_id="p-1",
                name="Diwali",
                status="ongoing",
                created_at="2026-12-01T09:00:05+00:00",
                started_at="2026-12-01T09:00:05+00:00",
            )
        ]


def test_the_clock_is_the_real_one_unless_another_is_given(path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with Store(path) as store:
        start(store)
        (campaign,) = store.campaigns()
    assert before <= datetime.fromisoformat(campaign.started_at) <= datetime.now(UTC)


def test_a_second_start_of_a_list_is_not_registered_and_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        start(store)
        first = store.campaigns()
        again = store.start(list_id="l-1", agent_id="a-2", number_pool_id="p-2", name="other")
        assert again == Claim(registered=False, others_ongoing=False)
        assert store.campaigns() == first


def test_others_are_ongoing_once_another_list_was_started(path: Path) -> None:
    with Store(path) as store:
        assert not start(store, "l-1").others_ongoing
        assert start(store, "l-2").others_ongoing


def test_campaigns_come_in_the_order_of_their_starts(path: Path) -> None:
    with Store(path, clock=lambda: datetime(2026, 12, 1, tzinfo=UTC)) as store:
        for list_id in ("z", "a", "m"):
            start(store, list_id)
        assert [campaign.list_id for campaign in store.campaigns()] == ["z", "a", "m"]


def test_a_store_in_memory_is_one_database_for_all_threads_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store(None) as store, ThreadPoolExecutor() as threads:
        assert threads.submit(start, store).result().registered
        assert not threads.submit(start, store).result().registered
    assert list(tmp_path.iterdir()) == []


def test_of_threads_that_start_one_list_at_one_moment_one_is_registered(path: Path) -> None:
    together = Barrier(8)

    def race(store: Store) -> bool:
        together.wait()
        return start(store).registered

    with Store(path) as store, ThreadPoolExecutor(8) as threads:
        results = [threads.submit(race, store) for _ in range(8)]
        assert sum(result.result() for result in results) == 1


RACER = """
import sys
from pathlib import Path
from ringg_runner.sandbox import Store

print("ready", flush=True)
sys.stdin.readline()
with Store(Path(sys.argv[1])) as store:
    for number in range(25):
        claim = store.start(list_id=f"l-{number}", agent_id="a", number_pool_id="p", name="n")
        print(int(claim.registered))
"""


def test_of_processes_that_start_the_same_lists_at_one_moment_one_wins_each(path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", RACER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    wins = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 4
    assert [sum(map(int, each)) for each in zip(*wins, strict=True)] == [1] * 25


def test_a_new_folder_hides_itself_from_git(path: Path) -> None:
    Store(path).close()
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_a_folder_that_was_there_is_left_as_it_is(tmp_path: Path) -> None:
    Store(tmp_path / "sandbox.db").close()
    assert not (tmp_path / ".gitignore").exists()


def test_the_file_is_in_wal_mode_and_carries_its_version(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.execute("PRAGMA user_version").fetchone() == (1,)


def test_closing_twice_is_harmless(path: Path) -> None:
    store = Store(path)
    store.close()
    store.close()


def is_text(path: Path) -> None:
    path.write_text("not a database, but long enough to be read as one\n" * 20)


def is_a_folder(path: Path) -> None:
    path.mkdir()


def is_another_programs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE theirs (id)")


def is_newer(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 2")


def is_in_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (is_text, "file is not a database"),
        (is_a_folder, "unable to open database file"),
        (is_another_programs, "it belongs to another program"),
        (is_newer, "its schema version 2 is newer than 1"),
        (is_in_a_file, "unable to open database file"),
    ],
    ids=["text", "a folder", "another program's", "newer", "in a file"],
)
def test_a_file_that_cannot_serve_is_refused_by_name_and_reason(
    path: Path, prepare: Callable[[Path], None], problem: str
) -> None:
    path.parent.mkdir()
    prepare(path)
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value).startswith(f"{path}: cannot be the sandbox's database: ")
    assert problem in str(caught.value)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Not a directory"):
        Store(tmp_path / "file" / "state" / "sandbox.db")


def test_another_programs_database_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    is_another_programs(path)
    before = path.read_bytes()
    with pytest.raises(StoreError):
        Store(path)
    assert path.read_bytes() == before
