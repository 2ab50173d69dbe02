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
from ringg_runner.sandbox.store import Claim, Start, Status

INDIA = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def after(self, seconds: float) -> None:
        self.now = NOON + timedelta(seconds=seconds)


def start(store: Store, list_id: str = "l-1", **seconds: float | None) -> Claim:
    return store.start(
        list_id=list_id,
        agent_id="a-1",
        number_pool_id="p-1",
        name="Diwali",
        preparing_seconds=seconds.get("preparing") or 0,
        call_seconds=seconds.get("calls"),
    )


def statuses(store: Store, calls: float | None = None) -> list[str]:
    return [start.status.value for start in store.starts(calls)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sandbox.db"


def test_a_start_is_remembered_with_its_moment_in_utc(path: Path) -> None:
    moment = datetime(2026, 12, 1, 14, 30, 5, 999, tzinfo=INDIA)
    with Store(path, clock=lambda: moment) as store:
        assert start(store) == Claim(registered=True, others_ongoing=False)
    with Store(path) as store:
        (only,) = store.starts()
    assert only == Start(
        list_id="l-1",
        agent_id="a-1",
        number_pool_id="p-1",
        name="Diwali",
        started_at=moment,
        status=Status.ONGOING,
    )
    assert only.started_at.isoformat() == "2026-12-01T09:00:05.000999+00:00"


def test_the_clock_is_the_real_one_unless_another_is_given(path: Path) -> None:
    before = datetime.now(UTC)
    with Store(path) as store:
        start(store)
        (only,) = store.starts()
    assert before <= only.started_at <= datetime.now(UTC)


def test_a_second_start_of_a_list_is_not_registered_and_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        start(store)
        first = store.starts()
        again = store.start(list_id="l-1", agent_id="a-2", number_pool_id="p-2", name="other")
        assert again == Claim(registered=False, others_ongoing=False)
        assert store.starts() == first


def test_others_are_ongoing_once_another_list_was_started(path: Path) -> None:
    with Store(path) as store:
        assert not start(store, "l-1").others_ongoing
        assert start(store, "l-2").others_ongoing


def test_starts_come_in_the_order_of_their_starts(path: Path) -> None:
    with Store(path, clock=lambda: datetime(2026, 12, 1, tzinfo=UTC)) as store:
        for list_id in ("z", "a", "m"):
            start(store, list_id)
        assert [start.list_id for start in store.starts()] == ["z", "a", "m"]


# --- how long a start keeps others away


@pytest.mark.parametrize(
    ("calls", "after", "status", "registered"),
    [
        (None, 10**9, "ongoing", False),
        (5, 0, "ongoing", False),
        (5, 4.999999, "ongoing", False),
        (5, 5, "completed", True),
        (0.5, 0.499999, "ongoing", False),
        (0.5, 0.5, "completed", True),
        (0, 0, "completed", True),
        (5, -60, "ongoing", False),
        (None, -60, "ongoing", False),
    ],
)
def test_a_list_may_be_started_again_once_its_campaign_has_completed(
    path: Path, calls: float | None, after: float, status: str, registered: bool
) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        start(store, calls=calls)
        clock.after(after)
        assert statuses(store, calls) == [status]
        assert start(store, calls=calls).registered is registered
        assert len(store.starts()) == 1 + registered


def test_a_completed_start_says_since_when(path: Path) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        start(store, preparing=2)
        clock.after(60)
        (only,) = store.starts(call_seconds=0.25)
        assert only.completed_at == NOON + timedelta(seconds=2.25)
        (only,) = store.starts(call_seconds=3600)
        assert only.completed_at is None


@pytest.mark.parametrize(
    ("after", "status", "registered"),
    [
        (0, "preparing", True),
        (59.999999, "preparing", True),
        (60, "ongoing", False),
        (64.999999, "ongoing", False),
        (65, "completed", True),
    ],
)
def test_a_start_in_preparation_keeps_no_other_away(
    path: Path, after: float, status: str, registered: bool
) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        start(store, preparing=60, calls=5)
        clock.after(after)
        assert statuses(store, 5) == [status]
        assert start(store, preparing=60, calls=5).registered is registered


def test_any_ongoing_start_of_a_list_keeps_others_away_not_only_the_latest(path: Path) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        start(store, preparing=60)
        clock.after(30)
        start(store, preparing=60)
        clock.after(70)
        assert statuses(store) == ["ongoing", "preparing"]
        assert not start(store).registered


@pytest.mark.parametrize(
    ("after", "others"), [(0, False), (2, True), (6.9, True), (7, False)], ids=str
)
def test_only_what_is_ongoing_counts_as_others_that_are(
    path: Path, after: float, others: bool
) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        start(store, "l-1", preparing=2, calls=5)
        clock.after(after)
        assert start(store, "l-2", calls=5).others_ongoing is others


def test_each_start_of_a_list_is_a_row_of_its_own(path: Path) -> None:
    clock = Clock()
    with Store(path, clock) as store:
        for after in (0, 1, 2):
            clock.after(after)
            assert start(store, calls=1).registered
        moments = [start.started_at for start in store.starts()]
    assert moments == [NOON + timedelta(seconds=after) for after in (0, 1, 2)]


# --- several at a time, several files


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
        claim = store.start(
            list_id=f"l-{number}", agent_id="a", number_pool_id="p", name="n", call_seconds=3600
        )
        print(int(claim.registered))
"""


@pytest.mark.parametrize("completed", [False, True], ids=["never started", "completed"])
def test_of_processes_that_start_the_same_lists_at_one_moment_one_wins_each(
    path: Path, completed: bool
) -> None:
    if completed:
        with Store(path, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC)) as store:
            for number in range(25):
                start(store, f"l-{number}")
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


def test_of_threads_that_start_a_completed_list_at_one_moment_one_is_registered(
    path: Path,
) -> None:
    together, clock = Barrier(8), Clock()

    def race(store: Store) -> bool:
        together.wait()
        return start(store, calls=5).registered

    with Store(path, clock) as store, ThreadPoolExecutor(8) as threads:
        start(store, calls=5)
        clock.after(60)
        results = [threads.submit(race, store) for _ in range(8)]
        assert sum(result.result() for result in results) == 1
        assert len(store.starts()) == 2


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
        assert file.execute("PRAGMA user_version").fetchone() == (2,)


VERSION_1 = """
CREATE TABLE campaigns (
    number INTEGER NOT NULL, list_id TEXT NOT NULL, agent_id TEXT NOT NULL,
    number_pool_id TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    created_at TEXT NOT NULL, started_at TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (list_id)
);
INSERT INTO campaigns VALUES
    (1, 'z', 'a-1', 'p-1', 'Diwali', 'ongoing',
     '2026-12-01T12:00:00+00:00', '2026-12-01T12:00:00+00:00'),
    (2, 'a', 'a-2', 'p-2', 'Holi', 'ongoing',
     '2026-12-01T12:00:07+00:00', '2026-12-01T12:00:07+00:00');
PRAGMA application_id = 1380535879;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
"""


@pytest.fixture
def version_1(path: Path) -> Path:
    """A file as the first version of the sandbox wrote it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as file:
        file.executescript(VERSION_1)
    return path


def test_a_file_of_version_1_keeps_all_that_was_started(version_1: Path) -> None:
    with Store(version_1) as store:
        assert store.starts() == [
            Start("z", "a-1", "p-1", "Diwali", NOON, Status.ONGOING),
            Start("a", "a-2", "p-2", "Holi", NOON + timedelta(seconds=7), Status.ONGOING),
        ]
        assert not start(store, "z").registered
        assert start(store, "l-1").registered
        assert [each.list_id for each in store.starts()] == ["z", "a", "l-1"]


def test_what_a_file_of_version_1_holds_completes_like_the_rest(version_1: Path) -> None:
    clock = Clock()
    clock.after(7)
    with Store(version_1, clock) as store:
        assert statuses(store, 7) == ["completed", "ongoing"]
        assert start(store, "z", calls=7).registered


def test_a_file_of_version_1_is_brought_up_to_date_once_and_for_good(version_1: Path) -> None:
    with Store(version_1) as first, Store(version_1) as second:
        assert first.starts() == second.starts()
    fresh = version_1.with_name("fresh.db")
    Store(fresh).close()
    schemas = []
    for file in (version_1, fresh):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (2,)
            query = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
            schemas.append(connection.execute(query).fetchall())
    assert schemas[0] == schemas[1]


def test_a_file_of_version_1_stays_as_it_is_where_it_cannot_be_brought_up_to_date(
    version_1: Path,
) -> None:
    with closing(sqlite3.connect(version_1)) as file:
        file.execute("CREATE TABLE starts (number)")
    with pytest.raises(StoreError, match="table starts already exists"):
        Store(version_1)
    with closing(sqlite3.connect(version_1)) as file:
        assert file.execute("SELECT count(*) FROM campaigns").fetchone() == (2,)
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
        file.execute("PRAGMA user_version = 3")


def is_in_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (is_text, "file is not a database"),
        (is_a_folder, "unable to open database file"),
        (is_another_programs, "it belongs to another program"),
        (is_newer, "its schema version 3 is newer than 2"),
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
