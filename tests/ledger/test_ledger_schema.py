"""How a ledger comes about, is recognised, and is taken from version to version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ledger_build import a_history, a_key, claim, the_entry
from ledger_places import KINDS, a_place, execute, path_of
from ledger_workers import database_of

from ringg_runner.ledger import Claim, LedgerError, NoLedgerError, open_ledger
from ringg_runner.ledger.tables import STEPS
from ringg_runner.sandbox.store import Store

NEXT = (*STEPS, ("ALTER TABLE ringg_entries ADD COLUMN colour TEXT",))
HALF = (*STEPS, ("CREATE TABLE ringg_half (x INTEGER)", "ALTER TABLE ringg_none ADD COLUMN x TEXT"))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    return a_place(request.param, request)


def ask(url: str, question: str) -> object:
    database = database_of(url)
    try:
        with database.writing() as connection:
            return connection.exec_driver_sql(question).scalar_one()
    finally:
        database.close()


def test_a_new_ledger_is_empty_and_has_the_newest_version(url: str) -> None:
    with open_ledger(url) as ledger:
        assert (ledger.entries(), ledger.trail(), ledger.verify()) == ([], [], None)
    assert ask(url, "SELECT schema_version FROM ringg_ledger") == len(STEPS)


def test_a_ledger_is_closed_as_often_as_one_likes(url: str) -> None:
    ledger = open_ledger(url)
    ledger.close()
    ledger.close()


def test_an_older_ledger_is_migrated_and_keeps_what_it_knows(url: str) -> None:
    with open_ledger(url, steps=STEPS) as ledger:
        a_history(ledger)
        before = (ledger.entries(), ledger.trail())
    with open_ledger(url, create=False, steps=NEXT) as ledger:
        assert (ledger.entries(), ledger.trail()) == before
        assert ledger.verify() is None
        assert isinstance(claim(ledger, a_key("l-9")), Claim)
    assert ask(url, "SELECT count(colour) FROM ringg_entries") == 0
    assert ask(url, "SELECT schema_version FROM ringg_ledger") == len(NEXT)


def test_an_empty_place_goes_through_all_steps(url: str) -> None:
    with open_ledger(url, steps=NEXT) as ledger:
        claim(ledger)
        assert ledger.verify() is None
    assert ask(url, "SELECT count(colour) FROM ringg_entries") == 0


def test_a_step_that_fails_leaves_the_ledger_as_it_was(url: str) -> None:
    with open_ledger(url) as ledger:
        claim(ledger)
    with pytest.raises(LedgerError, match="ringg_none"):
        open_ledger(url, steps=HALF)
    with open_ledger(url) as ledger:
        assert ledger.verify() is None
        assert the_entry(ledger).key == a_key()
    execute(url, "CREATE TABLE ringg_half (x INTEGER)")


@pytest.mark.parametrize("create", [True, False])
def test_a_newer_ledger_is_refused(url: str, create: bool) -> None:
    open_ledger(url, steps=NEXT).close()
    with pytest.raises(LedgerError, match="has schema version 2, and this program knows 1") as info:
        open_ledger(url, create=create)
    assert info.value.hint == "use the newer ringg-runner that wrote it"


def test_reading_creates_no_ledger(url: str) -> None:
    with pytest.raises(NoLedgerError, match="does not exist yet"):
        open_ledger(url, create=False)
    if url.startswith("sqlite"):
        assert not path_of(url).parent.exists()
    with open_ledger(url) as ledger:
        assert ledger.entries() == []


def test_a_folder_that_is_created_is_kept_out_of_git(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a" / "b" / "ledger.db"):
        assert (tmp_path / "a" / "b" / ".gitignore").read_text() == "*\n"
    with open_ledger(str(tmp_path / "ledger.db")):
        assert not (tmp_path / ".gitignore").exists()


def test_a_path_may_have_any_characters(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=memory#x%41" / "é.db"
    with open_ledger(path) as ledger:
        claim(ledger)
    assert path.is_file()


def test_an_empty_file_is_no_ledger_yet(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    with pytest.raises(NoLedgerError):
        open_ledger(path, create=False)
    with open_ledger(path) as ledger:
        assert isinstance(claim(ledger), Claim)


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE notes (text TEXT)", "PRAGMA application_id = 1"],
    ids=["tables", "application-id"],
)
def test_a_file_of_another_program_is_left_alone(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "other.db"
    execute(f"sqlite:///{path}", statement)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"other\.db belongs to another program"):
        open_ledger(path)
    assert path.read_bytes() == before


def test_the_sandbox_has_files_of_its_own(tmp_path: Path) -> None:
    Store(tmp_path / "sandbox.db").close()
    with pytest.raises(LedgerError, match="belongs to another program"):
        open_ledger(tmp_path / "sandbox.db")


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        pytest.param(
            ["CREATE TABLE ringg_ledger (x INTEGER)"], "is not a ledger", id="other-columns"
        ),
        pytest.param(
            ["CREATE TABLE ringg_ledger (program TEXT, schema_version INTEGER)"],
            "belongs to another program",
            id="other-mark",
        ),
        pytest.param(["CREATE TABLE ringg_trail (x INTEGER)"], "is not a ledger", id="other-table"),
    ],
)
def test_tables_of_another_program_are_left_alone(
    request: pytest.FixtureRequest, statements: list[str], sentence: str
) -> None:
    url = a_place("postgres", request)
    execute(url, *statements)
    with pytest.raises(LedgerError, match=sentence):
        open_ledger(url)


def test_other_tables_may_share_a_schema(request: pytest.FixtureRequest) -> None:
    url = a_place("postgres", request)
    execute(url, "CREATE TABLE notes (text TEXT)")
    with open_ledger(url) as ledger:
        assert isinstance(claim(ledger), Claim)


def test_two_schemas_are_two_ledgers(request: pytest.FixtureRequest) -> None:
    with (
        open_ledger(a_place("postgres", request)) as one,
        open_ledger(a_place("postgres", request)) as two,
    ):
        assert isinstance(claim(one), Claim)
        assert isinstance(claim(two), Claim)


def test_a_commit_to_a_file_is_on_the_disk_and_readers_do_not_block(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with open_ledger(url):
        assert ask(url, "PRAGMA synchronous") == 2
        assert ask(url, "PRAGMA foreign_keys") == 1
        assert ask(url, "PRAGMA journal_mode") == "wal"


def test_a_file_that_another_opens_at_the_same_time_is_not_switched(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN")
    other.execute("SELECT * FROM ringg_ledger").fetchall()
    with open_ledger(path, wait=0.01) as ledger:
        assert ledger.entries() == []
    assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    other.close()


@pytest.mark.parametrize(("default", "used"), [("off", "on"), ("local", "local")])
def test_a_commit_to_a_server_is_on_its_disk_whatever_its_default(
    request: pytest.FixtureRequest, default: str, used: str
) -> None:
    url = f"{a_place('postgres', request)}%20-csynchronous_commit%3D{default}"
    open_ledger(url).close()
    assert ask(url, "SHOW synchronous_commit") == used
    assert ask(url, "SHOW lock_timeout") == "30s"
