"""Where a ledger may be, how that is written, and that a password is never shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ledger_places import a_place

import ringg_runner.ledger
from ringg_runner.ledger import LedgerError, open_ledger
from ringg_runner.ledger.addresses import PostgresAddress, SqliteAddress, parse_address

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param(Path("a/b.db"), "a/b.db", id="path"),
        pytest.param("a/b.db", "a/b.db", id="text"),
        pytest.param("sqlite:///a/b.db", "a/b.db", id="relative-url"),
        pytest.param("sqlite:////a/b.db", "/a/b.db", id="absolute-url"),
    ],
)
def test_a_file_is_named_by_its_path_or_url(text: str | Path, path: str) -> None:
    address = parse_address(text)
    assert address == SqliteAddress(Path(path))
    assert address.label == f"the ledger {path}"
    assert address.secrets == ()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("postgresql://db.example/ringg", "ringg on db.example", id="plain"),
        pytest.param("postgres://db.example:6543/ringg", "ringg on db.example:6543", id="port"),
        pytest.param("postgresql+psycopg://u:p@db/ringg", "ringg on db", id="driver-and-user"),
        pytest.param("postgresql:///ringg?host=/run/pg", "ringg on /run/pg", id="socket"),
        pytest.param("postgresql:///ringg?host=a&host=b", "ringg on a", id="several-hosts"),
        pytest.param("postgresql://", "of the default database on the default host", id="defaults"),
    ],
)
def test_a_server_is_named_by_its_host_and_database(text: str, label: str) -> None:
    address = parse_address(text)
    assert isinstance(address, PostgresAddress)
    assert address.label == f"the ledger {label}"
    assert address.url.drivername == "postgresql+psycopg"


def test_a_silent_server_is_waited_for_as_long_as_the_url_says() -> None:
    address = parse_address("postgresql://db/x?connect_timeout=3&options=-csearch_path%3Dteam")
    assert isinstance(address, PostgresAddress)
    assert address.url.query["connect_timeout"] == "3"
    assert address.url.query["tcp_user_timeout"] == "30000"
    assert address.url.query["options"] == "-csearch_path=team"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "must be kept in a file", id="empty"),
        pytest.param(":memory:", "must be kept in a file", id="memory"),
        pytest.param("sqlite://", "must be kept in a file", id="memory-url"),
        pytest.param("sqlite:///:memory:", "must be kept in a file", id="memory-name"),
        pytest.param("sqlite:///a.db?mode=ro", "neither a host nor parameters", id="parameters"),
        pytest.param("sqlite://folder/a.db", "neither a host nor parameters", id="host"),
        pytest.param(f"mysql://u:{SECRET}@h/d", "cannot be kept in mysql", id="mysql"),
        pytest.param(f"postgresql+asyncpg://u:{SECRET}@h/d", "cannot be kept in", id="driver"),
        pytest.param(f"postgresql://u:{SECRET}@h:port/d", "is no URL", id="no-port"),
        pytest.param(f"://u:{SECRET}@h", "is no URL", id="no-scheme"),
    ],
)
def test_what_can_hold_no_ledger_is_refused_with_the_way_out(text: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=sentence) as info:
        open_ledger(text)
    assert info.value.hint == "give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    assert SECRET not in str(info.value)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"postgresql://ann:{SECRET}@127.0.0.1:1/db", id="password"),
        pytest.param(f"postgresql://ann@127.0.0.1:1/db?password={SECRET}", id="parameter"),
        pytest.param(f"postgresql://ann:{SECRET}@127.0.0.1:1/db?{SECRET}=x", id="echoed"),
    ],
)
def test_an_unreachable_server_is_named_without_the_password(url: str) -> None:
    with pytest.raises(LedgerError, match=r"ledger db on 127\.0\.0\.1:1 cannot be reached") as info:
        open_ledger(url)
    assert SECRET not in f"{info.value} {info.value.hint}"


def test_a_missing_driver_is_named_with_the_extra_that_brings_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = a_place("postgres", request)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerError, match="needs the PostgreSQL driver psycopg") as info:
        open_ledger(url)
    assert info.value.hint == "pip install 'ringg-runner[postgres]'"


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = ringg_runner.ledger.nothing
