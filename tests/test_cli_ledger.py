"""`ledger` from the command line: what was started, and how a person settles a start."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from build import BASE_URL, a_manifest, a_project_file, a_workspace, write
from conftest import Cli
from jsonschema import Draft7Validator
from runners import ANOTHER
from servers import says, serving

from ringg_runner.authoring import schemas
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Ending, Key, State
from ringg_runner.ledger.store import Ledger, open_ledger

KEY = "rg_live_0123456789abcdef"
TOKEN = "hook-token-of-a-customer"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
HOUR = timedelta(hours=1)
JOB = "https://ci.example.com/7"

COMMANDS = [
    ("list",),
    ("list", "--format", "json"),
    ("show", "list-1"),
    ("show", "list-1", "--format", "json"),
    ("resolve", "list-1", "--started", "--reason", "seen"),
    ("verify",),
    ("export",),
    ("export", "--format", "csv"),
]
READING = [command for command in COMMANDS if command[0] != "resolve"]


def ledger_of(root: Path) -> Ledger:
    return open_ledger(root / ".ringg-runner" / "ledger.db")


def left_behind(root: Path, state: State | None, list_id: str = "list-1", **lease: Any) -> None:
    """Let another run claim a list, and end it so; None is a run that has not ended."""
    now = datetime.now(UTC)
    key = Key(BASE_URL, ListId(list_id))
    with ledger_of(root) as ledger:
        ledger.claim(
            key,
            ANOTHER,
            name="diwali-renewals",
            request={"agent_id": "agent-1", "list_id": list_id},
            **{"now": now, "lease_until": now + HOUR, **lease},
        )
        if state is not None:
            ledger.finish(key, ANOTHER, Ending(state, "no answer came"), now=now)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    environments = {
        "production": {"base_url": BASE_URL},
        "staging": {"base_url": "https://staging.example.com/v0"},
    }
    a_workspace(tmp_path, a_manifest(), project=a_project_file(environments=environments))
    return tmp_path


def document_of(out: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(out)
    Draft7Validator(schemas.load("ledger")).validate(document)
    return document


def test_the_list_shows_how_each_list_stands_and_by_which_run(cli: Cli, here: Path) -> None:
    left_behind(here, State.STARTED)
    left_behind(here, State.UNRESOLVED, "list-2")
    left_behind(here, None, "list-3")
    done = cli("ledger", "list")
    assert (done.code, done.err) == (0, "")
    head, *rows, last = done.out.splitlines()
    assert head.split() == ["STATE", "NAME", "LIST", "SINCE", "RUN", "WHY"]
    assert [row.split()[0] for row in rows] == ["started", "unresolved", "claimed"]
    assert [row.split()[2] for row in rows] == ["list-1", "list-2", "list-3"]
    assert ["run-0" in row for row in rows] == [True] * 3
    assert last == "3 in the ledger"


def test_the_list_as_a_document_holds_every_entry(cli: Cli, here: Path) -> None:
    left_behind(here, State.STARTED)
    left_behind(here, None, "list-2")
    document = document_of(cli("ledger", "list", "--format", "json").out)
    assert (document["environment"], document["base_url"]) == ("production", BASE_URL)
    states = {entry["list_id"]: entry["state"] for entry in document["entries"]}
    assert states == {"list-1": "started", "list-2": "claimed"}
    assert {entry["run"]["job_url"] for entry in document["entries"]} == {JOB}
    assert "trail" not in document


def test_each_environment_shows_its_own_api(cli: Cli, here: Path) -> None:
    left_behind(here, State.STARTED)
    assert cli("ledger", "list", "--env", "staging").out.endswith("0 in the ledger\n")
    for shown in ("list", "export"):
        done = cli("ledger", shown, "--env", "staging", "--format", "json")
        document = document_of(done.out)
        assert (document["entries"], document.get("trail", [])) == ([], [])


def test_show_tells_everything_that_happened_to_a_list(cli: Cli, here: Path) -> None:
    left_behind(here, State.UNRESOLVED)
    left_behind(here, State.STARTED, "list-2")
    done = cli("ledger", "show", "list-1")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"list-1 (diwali-renewals) at {BASE_URL}"
    assert lines[1].startswith("unresolved since ")
    assert lines[1].endswith(f" by run run-0 ({JOB})")
    assert lines[2] == "why: no answer came"
    assert [line.split()[2] for line in lines[4:]] == ["EVENT", "claimed", "unresolved"]
    assert "list-2" not in done.out


def test_show_as_a_document_holds_one_entry_and_its_trail(cli: Cli, here: Path) -> None:
    left_behind(here, State.STARTED, "list-2")
    left_behind(here, State.UNRESOLVED)
    document = document_of(cli("ledger", "show", "list-1", "--format", "json").out)
    assert [entry["list_id"] for entry in document["entries"]] == ["list-1"]
    assert [row["event"] for row in document["trail"]] == ["claimed", "unresolved"]
    assert {row["list_id"] for row in document["trail"]} == {"list-1"}


@pytest.mark.parametrize("arguments", [(), ("--env", "staging")], ids=["none", "elsewhere"])
def test_a_list_that_the_ledger_does_not_know_is_told(
    cli: Cli, here: Path, arguments: tuple[str, ...]
) -> None:
    left_behind(here, State.STARTED, "list-1" if arguments else "list-2")
    shown = cli("ledger", "show", "list-1", *arguments)
    assert (shown.code, shown.out) == (3, "")
    assert "the ledger knows no list list-1 in " in shown.err
    settled = cli("ledger", "resolve", "list-1", "--started", "--reason", "seen", *arguments)
    assert (settled.code, settled.out) == (1, "")
    assert "knows nothing of list list-1" in settled.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_where_there_is_no_ledger_yet_none_is_created(
    cli: Cli, here: Path, command: tuple[str, ...]
) -> None:
    done = cli("ledger", *command)
    assert (done.code, done.out) == (1, "")
    assert "does not exist yet" in done.err
    assert "the first apply creates it" in done.err
    assert not (here / ".ringg-runner").exists()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_no_ledger_is_told_and_left_as_it_is(
    cli: Cli, here: Path, command: tuple[str, ...]
) -> None:
    path = write(here / ".ringg-runner" / "ledger.db", "not a database, " * 100)
    done = cli("ledger", *command)
    assert (done.code, done.out) == (1, "")
    assert f"the ledger {path} is no SQLite database" in done.err
    assert path.read_text() == "not a database, " * 100


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_changes_nothing(cli: Cli, here: Path, command: tuple[str, ...]) -> None:
    left_behind(here, State.UNRESOLVED)
    with ledger_of(here) as ledger:
        before = (ledger.entries(), ledger.trail())
    assert cli("ledger", *command).code == 0
    with ledger_of(here) as ledger:
        assert (ledger.entries(), ledger.trail()) == before


@pytest.mark.parametrize(
    ("option", "state", "said"),
    [("--started", "started", "started"), ("--not-started", "not_started", "not started")],
)
def test_a_person_settles_what_is_unresolved(
    cli: Cli, here: Path, option: str, state: str, said: str
) -> None:
    left_behind(here, State.UNRESOLVED)
    done = cli("ledger", "resolve", "list-1", option, "--reason", "seen", CI_JOB_URL=JOB)
    assert (done.code, done.out, done.err) == (0, f"list-1 is settled: {said}\n", "")
    document = document_of(cli("ledger", "show", "list-1", "--format", "json").out)
    (entry,) = document["entries"]
    assert (entry["state"], entry["evidence"], entry["reason"]) == (state, "person", "seen")
    assert entry["run"]["run_id"] != "run-0"
    assert document["trail"][-1]["event"] == "resolved"
    assert cli("ledger", "verify").code == 0


def test_a_person_settles_what_a_run_that_vanished_left_behind(cli: Cli, here: Path) -> None:
    then = datetime.now(UTC) - HOUR
    left_behind(here, None, now=then, lease_until=then + HOUR / 2)
    assert cli("ledger", "resolve", "list-1", "--started", "--reason", "seen").code == 0


@pytest.mark.parametrize("state", [State.STARTED, State.NOT_STARTED])
@pytest.mark.parametrize("option", ["--started", "--not-started"])
def test_what_is_settled_is_not_settled_again(
    cli: Cli, here: Path, state: State, option: str
) -> None:
    left_behind(here, State.UNRESOLVED)
    first = "--started" if state is State.STARTED else "--not-started"
    assert cli("ledger", "resolve", "list-1", first, "--reason", "seen").code == 0
    again = cli("ledger", "resolve", "list-1", option, "--reason", "seen otherwise")
    assert (again.code, again.out) == (1, "")
    assert "list-1 is settled already: " in again.err
    with ledger_of(here) as ledger:
        assert [entry.reason for entry in ledger.entries()] == ["seen"]


def test_a_live_claim_is_not_for_persons(cli: Cli, here: Path) -> None:
    left_behind(here, None)
    done = cli("ledger", "resolve", "list-1", "--not-started", "--reason", "in a hurry")
    assert (done.code, done.out) == (1, "")
    assert "wait until that run ends" in done.err
    with ledger_of(here) as ledger:
        assert [entry.state for entry in ledger.entries()] == [State.CLAIMED]


@pytest.mark.parametrize(
    "arguments",
    [
        ("list-1", "--started"),
        ("list-1", "--reason", "seen"),
        ("--started", "--reason", "seen"),
        ("list-1", "--perhaps", "--reason", "seen"),
    ],
    ids=["no reason", "no state", "no list", "no such state"],
)
def test_settling_takes_a_list_a_state_and_a_reason(
    cli: Cli, here: Path, arguments: tuple[str, ...]
) -> None:
    left_behind(here, State.UNRESOLVED)
    assert cli("ledger", "resolve", *arguments).code == 64
    with ledger_of(here) as ledger:
        assert [entry.state for entry in ledger.entries()] == [State.UNRESOLVED]


def test_a_whole_trail_is_said_to_be_whole(cli: Cli, here: Path) -> None:
    left_behind(here, State.UNRESOLVED)
    left_behind(here, None, "list-2")
    done = cli("ledger", "verify")
    assert (done.code, done.out, done.err) == (0, "the trail is whole: 3 rows\n", "")


TAMPERING = [
    ("a row that was changed", "UPDATE ringg_trail SET detail = '{}' WHERE number = 1", "at row 1"),
    ("a row that was removed", "DELETE FROM ringg_trail WHERE number = 2", "at row 2"),
    ("the last row removed", "DELETE FROM ringg_trail WHERE number = 3", "at row 3"),
    ("a start that was forgotten", "DELETE FROM ringg_entries", "at row"),
    ("a state", "UPDATE ringg_entries SET state = 'not_started'", "list-1"),
    ("no head", "DELETE FROM ringg_ledger", ""),
]


@pytest.mark.parametrize(
    ("statement", "where"),
    [case[1:] for case in TAMPERING],
    ids=[case[0] for case in TAMPERING],
)
def test_tampering_is_found(cli: Cli, here: Path, statement: str, where: str) -> None:
    left_behind(here, State.UNRESOLVED)
    left_behind(here, None, "list-2")
    with closing(sqlite3.connect(here / ".ringg-runner" / "ledger.db")) as connection, connection:
        connection.execute(statement)
    done = cli("ledger", "verify")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert where in done.err


def test_an_export_holds_every_entry_and_the_whole_trail(cli: Cli, here: Path) -> None:
    left_behind(here, State.UNRESOLVED)
    left_behind(here, State.STARTED, "list-2")
    document = document_of(cli("ledger", "export").out)
    assert [entry["list_id"] for entry in document["entries"]] == ["list-1", "list-2"]
    trail = document["trail"]
    assert [row["number"] for row in trail] == [1, 2, 3, 4]
    assert [row["previous"] for row in trail[1:]] == [row["hash"] for row in trail[:-1]]


def test_an_export_as_csv_holds_the_same_trail(cli: Cli, here: Path) -> None:
    left_behind(here, State.UNRESOLVED)
    done = cli("ledger", "export", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    trail = document_of(cli("ledger", "export").out)["trail"]
    assert [row["hash"] for row in rows] == [row["hash"] for row in trail]
    assert [json.loads(row["detail"]) for row in rows] == [row["detail"] for row in trail]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_secret_is_in_any_output_or_in_the_ledger(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    hook = f"https://hooks.example.com/{TOKEN}"
    echo = says(500, {"message": f"key {KEY} and hook {hook} did not work"})
    with serving(echo) as server:
        project = a_project_file(environments={"production": {"base_url": server.url}})
        manifest = a_manifest(callback_url="https://hooks.example.com/${env.TOKEN}")
        a_workspace(tmp_path, manifest, project=project)
        done = cli("apply", "--yes", "--settle", "0", RINGG_API_KEY=KEY, TOKEN=TOKEN)
        assert server.requests[0].json["callback_url"] == hook
    assert done.code == 6
    shown = cli("ledger", *command, RINGG_API_KEY=KEY, TOKEN=TOKEN)
    assert shown.code == 0
    kept = b"".join(file.read_bytes() for file in (tmp_path / ".ringg-runner").iterdir())
    for text in (done.out, done.err, shown.out, shown.err, kept.decode("latin-1")):
        assert KEY not in text
        assert TOKEN not in text


def test_a_private_callback_is_shown_as_its_digest(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        project = a_project_file(environments={"production": {"base_url": server.url}})
        manifest = a_manifest(callback_url="https://hooks.example.com/${env.TOKEN}")
        a_workspace(tmp_path, manifest, project=project)
        cli("apply", "--yes", RINGG_API_KEY=KEY, TOKEN=TOKEN)
    (entry,) = document_of(cli("ledger", "list", "--format", "json").out)["entries"]
    assert entry["request"]["callback_url"].startswith("sha256:")
    assert len(entry["request"]["callback_url"]) == len("sha256:") + 64
