"""What a person reads when disks, files and servers fail; and that nothing is half-written then."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_build import MINE, NOW, OTHER, a_history, a_key, claim, finish
from ledger_places import KINDS, a_place, a_schema, execute, own_server
from ledger_workers import (
    another_process,
    claim_until_full,
    claim_without_the_right,
    database_of,
    hang_in_a_write,
    hear,
    writing,
)
from sqlalchemy.exc import DBAPIError

from ringg_runner.errors import ExitCode
from ringg_runner.ledger import Claim, Event, LedgerError, Taken, open_ledger
from ringg_runner.ledger.addresses import SqliteAddress
from ringg_runner.ledger.failures import translated


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    return a_place(request.param, request)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_failure_of_the_ledger_is_a_failed_run() -> None:
    assert LedgerError.exit_code is ExitCode.FAILED


# Files


@pytest.mark.parametrize("name", ["file/ledger.db", "file/folder/ledger.db"])
def test_a_path_beneath_a_file_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LedgerError, match=f"{name} cannot be opened: ") as info:
        open_ledger(tmp_path / name)
    assert info.value.hint == "check the path and its permissions"


def test_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened: unable to open database file"):
        open_ledger(tmp_path)


@pytest.mark.parametrize("existing", [True, False], ids=["existing", "new"])
def test_a_place_without_the_right_to_write_is_refused(open_folder: Path, existing: bool) -> None:
    path = open_folder / "ledger.db"
    if existing:
        open_ledger(path).close()
        path.chmod(0o444)
    open_folder.chmod(0o555)
    with another_process(claim_without_the_right, path) as (_, connection):
        sentence, hint = hear(connection)
    assert f"the ledger {path} {'is read-only' if existing else 'cannot be opened'}: " in sentence
    assert hint
    open_folder.chmod(0o755)
    if existing:
        with open_ledger(path, create=False) as ledger:
            assert ledger.entries() == []


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(LedgerError, match=r"notes\.txt is no SQLite database"):
        open_ledger(path)
    assert path.read_text() == "Dear diary, " * 1000


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.8])
def test_a_truncated_file_is_damaged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        a_history(ledger)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(LedgerError, match="is damaged: database disk image is malformed") as info:
        open_ledger(path)
    assert info.value.hint is not None
    assert info.value.hint.startswith("restore it from a backup")


def test_a_file_that_lost_its_last_bytes_is_found_by_verification(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        a_history(ledger)
    path.write_bytes(path.read_bytes()[:-1000])
    with open_ledger(path) as ledger:
        broken = ledger.verify()
    assert broken is not None
    assert broken.sentence.startswith("the file is damaged: ")


@pytest.mark.parametrize("table", ["ringg_entries", "ringg_trail"])
def test_a_damaged_page_is_found(tmp_path: Path, table: str) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        a_history(ledger)
    damage_page(path, f"sqlite_autoindex_{table}_1" if table == "ringg_entries" else table)
    if table == "ringg_entries":
        with pytest.raises(LedgerError, match="is damaged"):
            open_ledger(path)
    with open_ledger(path, create=False) as ledger:
        broken = ledger.verify()
    assert broken is not None
    assert broken.sentence.startswith("the file is damaged: ")


def damage_page(path: Path, name: str) -> None:
    """Overwrite the end of the page where a table or an index begins."""
    connection = sqlite3.connect(path)
    question = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    (page,) = connection.execute(question, (name,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    data[page * size - 600 : page * size] = b"\xff" * 600
    path.write_bytes(data)


def test_a_full_disk_takes_back_what_did_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with another_process(claim_until_full, str(path), 300_000) as (_, connection):
        claimed, sentence, hint = hear(connection)
    assert f"the ledger {path} cannot be read or written: " in sentence
    assert "free space" in hint
    with open_ledger(path, create=False) as ledger:
        assert claimed
        assert {entry.key.list_id for entry in ledger.entries()} == set(claimed)
        assert ledger.verify() is None
        assert isinstance(claim(ledger, a_key(str(len(claimed)))), Claim)


@pytest.mark.parametrize("replace", [True, False], ids=["replaced", "deleted"])
def test_nothing_is_written_to_a_file_that_is_gone(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        claim(ledger)
        path.unlink()
        if replace:
            path.touch()
        with pytest.raises(LedgerError, match="was moved, replaced or deleted while it was open"):
            claim(ledger, a_key("l-2"))
        assert len(ledger.entries()) == 1


# Locks


def test_a_ledger_that_stays_locked_is_an_error(url: str) -> None:
    open_ledger(url).close()
    with (
        another_process(hang_in_a_write, url) as (_, connection),
        open_ledger(url, wait=0.01) as ledger,
    ):
        hear(connection)
        assert ledger.entries() == []  # reading goes on meanwhile
        with pytest.raises(LedgerError, match="was locked by others for too long") as info:
            claim(ledger)
        assert info.value.hint == "find the run that hangs, or try again"
        connection.send("go on")
        connection.poll(None)
    with open_ledger(url) as ledger:
        assert [row.key for row in ledger.trail()] == [a_key("half")]


def test_threads_wait_for_a_connection_no_longer_than_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    open_ledger(url).close()
    database = database_of(url, wait=0.01)
    with (
        database.reading(),
        pytest.raises(LedgerError, match="too long: all connections are in use"),
        database.reading(),
    ):
        raise AssertionError
    database.close()


# Servers


def test_a_server_that_stops_in_the_middle_is_an_error_and_then_connected_anew() -> None:
    with own_server() as server, open_ledger(a_schema(server.url)) as ledger:
        claim(ledger)
        server.stop()
        for _ in range(2):
            with pytest.raises(LedgerError, match="cannot be reached") as info:
                finish(ledger)
            assert info.value.hint == "check host, port, user and password"
        server.start()
        assert isinstance(claim(ledger, run=OTHER), Taken)
        assert finish(ledger) is True
        assert ledger.verify() is None


def test_a_connection_that_is_lost_in_a_transaction_takes_it_back(
    request: pytest.FixtureRequest,
) -> None:
    url = a_place("postgres", request)
    with open_ledger(url) as ledger:
        claim(ledger)
        with pytest.raises(LedgerError, match="lost the connection to its server") as info:
            write_half_and_lose_the_connection(url)
        assert info.value.hint == "run again; what was claimed is settled first"
        assert len(ledger.trail()) == 1
        assert ledger.verify() is None


def write_half_and_lose_the_connection(url: str) -> None:
    with writing(url) as pen:
        pen.append(a_key("half"), MINE, Event.CLAIMED, {}, NOW)
        (backend,) = pen.connection.exec_driver_sql("SELECT pg_backend_pid()").one()
        execute(url, f"SELECT pg_terminate_backend({backend}, 10000)")
        pen.entry(a_key())


def test_an_idle_connection_that_was_lost_is_made_anew(request: pytest.FixtureRequest) -> None:
    url = a_place("postgres", request)
    with open_ledger(f"{url}&application_name=idle-in-test") as ledger:
        claim(ledger)
        execute(
            url,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE application_name = 'idle-in-test'",
        )
        assert finish(ledger) is True
        assert ledger.verify() is None


def test_a_standby_or_read_only_server_says_so(request: pytest.FixtureRequest) -> None:
    url = a_place("postgres", request)
    open_ledger(url).close()
    url = f"{url}%20-cdefault_transaction_read_only%3Don"
    with open_ledger(url, create=False) as ledger:
        with pytest.raises(LedgerError, match="is read-only"):
            claim(ledger)
        assert ledger.entries() == []


def test_a_schema_that_does_not_exist_is_named_as_the_reason(
    request: pytest.FixtureRequest,
) -> None:
    url = a_place("postgres", request).replace("search_path%3Dledger_", "search_path%3Dno_")
    with pytest.raises(LedgerError, match="selects a schema that does not exist") as info:
        open_ledger(url)
    assert info.value.hint == "create the schema first"


def test_a_value_that_the_server_refuses_leaves_nothing_behind(
    request: pytest.FixtureRequest,
) -> None:
    with open_ledger(a_place("postgres", request)) as ledger:
        with pytest.raises(LedgerError, match="the ledger postgres on"):
            claim(ledger, a_key("nul\x00"))
        assert ledger.trail() == []


# Whatever else a driver may say


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words of the driver")
    error.sqlite_errorcode = code
    return error


class ServerError(Exception):
    """What a PostgreSQL driver raises."""

    def __init__(self, sqlstate: str | None, words: str = "words of the driver\nmore") -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(sqlite_error(sqlite3.SQLITE_FULL), "as the disk is full", id="full"),
        pytest.param(sqlite_error(sqlite3.SQLITE_BUSY), "locked by others", id="busy"),
        pytest.param(sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), "read or written", id="fsync"),
        pytest.param(sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), "is read-only", id="moved"),
        pytest.param(sqlite_error(sqlite3.SQLITE_TOOBIG), "cannot be used", id="unknown-code"),
        pytest.param(sqlite3.OperationalError("words of the driver"), "is damaged", id="no-code"),
        pytest.param(ServerError("53100"), "as the disk is full", id="server-full"),
        pytest.param(ServerError("53300"), "no resources left", id="server-too-many"),
        pytest.param(ServerError("25006"), "is read-only", id="server-read-only"),
        pytest.param(ServerError("28P01"), "the user or the password", id="server-password"),
        pytest.param(ServerError("42501"), "refuses this user", id="server-rights"),
        pytest.param(ServerError("57P01"), "lost the connection", id="server-shutdown"),
        pytest.param(ServerError("XX001"), "is damaged", id="server-corrupted"),
        pytest.param(ServerError("0A000"), "cannot be used", id="server-unknown-state"),
        pytest.param(ServerError(None), "cannot be reached", id="server-no-state"),
    ],
)
def test_a_driver_error_becomes_a_sentence(error: Exception, meaning: str) -> None:
    with pytest.raises(LedgerError) as info, translated(SqliteAddress(Path("a.db"))):
        raise DBAPIError("SELECT", {}, error)
    assert str(info.value).startswith("the ledger a.db ")
    assert meaning in str(info.value)
    assert str(info.value).endswith(": words of the driver")


def test_a_driver_without_words_is_called_by_its_name() -> None:
    with (
        pytest.raises(LedgerError, match=r"cannot be reached: ServerError$"),
        translated(SqliteAddress(Path("a.db"))),
    ):
        raise DBAPIError("SELECT", {}, ServerError(None, ""))


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(KeyError), translated(SqliteAddress(Path("a.db"))):
        raise KeyError("bug")
