"""`plan` and `apply` with a memory: what the ledger keeps, and what happens when it fails."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from build import BASE_URL, a_manifest, a_project_file, a_workspace, manifests, write
from conftest import Cli, Finished
from jsonschema import Draft7Validator
from ledger_places import KINDS, a_place, own_server
from runners import ANOTHER
from servers import Say, hangs_up, lists, says, serving

from ringg_runner.authoring import schemas
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Ending, Event, Key, State
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.ledger.tables import STEPS

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
HOUR = timedelta(hours=1)
LIST = ListId("list-1")
IDS, THE_LIST = "agent id, list id, pool id", "the server's list of campaigns"


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    github = ("SHA", "SERVER_URL", "REPOSITORY", "RUN_ID")
    for name in ("CI", "CI_COMMIT_SHA", "CI_JOB_URL", *(f"GITHUB_{part}" for part in github)):
        monkeypatch.delenv(name, raising=False)


def a_project_at(root: Path, url: str, *manifests: str, **settings: Any) -> None:
    production = {"base_url": url, **settings}
    a_workspace(
        root,
        *(manifests or (a_manifest(),)),
        project=a_project_file(environments={"production": production}),
    )


def place_in(root: Path) -> Path:
    return root / ".ringg-runner" / "ledger.db"


def campaigns_of(done: Finished, kind: str) -> list[dict[str, Any]]:
    document = json.loads(done.out)
    Draft7Validator(schemas.load(kind)).validate(document)
    campaigns: list[dict[str, Any]] = document["campaigns"]
    return campaigns


def plan(cli: Cli) -> dict[str, Any]:
    done = cli("plan", "--format", "json")
    assert (done.code, done.err) == (0, "")
    return campaigns_of(done, "plan")[0]


def apply(cli: Cli, *arguments: str, **variables: str) -> tuple[list[dict[str, Any]], Finished]:
    done = cli("apply", "--yes", "--format", "json", *arguments, RINGG_API_KEY=KEY, **variables)
    return campaigns_of(done, "run"), done


def left_behind(place: str | Path, state: State | None, url: str, **lease: datetime) -> None:
    """Let another run claim the list, and end it so; None is a run that has not ended."""
    now = datetime.now(UTC)
    key = Key(url, LIST)
    moments = {"now": now, "lease_until": now + HOUR, **lease}
    with open_ledger(place) as ledger:
        ledger.claim(key, ANOTHER, name="diwali-renewals", request={}, **moments)
        if state is not None:
            ledger.finish(key, ANOTHER, Ending(state, "no answer came"), now=now)


def trail_of(ledger: Ledger) -> list[Event]:
    assert ledger.verify() is None
    return [row.event for row in ledger.trail()]


# --- plan ---


def test_a_plan_skips_what_was_started_with_the_run_that_did_it(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        run_id = json.loads(cli("apply", "--yes", "--format", "json", RINGG_API_KEY=KEY).out)[
            "run_id"
        ]
    planned = plan(cli)
    assert (planned["action"], planned["evidence"]) == ("skip", "ledger")
    assert f"by run {run_id} (" in planned["reason"]


def test_a_plan_names_the_ci_job_that_did_it(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        cli("apply", "--yes", RINGG_API_KEY=KEY, CI="true", CI_JOB_URL="https://ci.example/7")
    assert plan(cli)["reason"].endswith("(https://ci.example/7)")


def test_a_plan_holds_what_another_run_is_starting(cli: Cli, tmp_path: Path) -> None:
    a_project_at(tmp_path, BASE_URL)
    left_behind(place_in(tmp_path), None, BASE_URL)
    planned = plan(cli)
    assert planned["action"] == "hold"
    assert planned["reason"].startswith("being started by run run-0 (https://ci.example.com/7)")


@pytest.mark.parametrize("state", [State.UNRESOLVED, None], ids=["unresolved", "abandoned"])
def test_a_plan_says_that_what_was_left_open_is_settled_first(
    cli: Cli, tmp_path: Path, state: State | None
) -> None:
    a_project_at(tmp_path, BASE_URL)
    then = datetime.now(UTC) - HOUR
    left_behind(place_in(tmp_path), state, BASE_URL, now=then, lease_until=then + HOUR / 2)
    planned = plan(cli)
    assert planned["action"] == "start"
    assert planned["reason"].startswith("run run-0 (https://ci.example.com/7) left it open")
    assert "settled before anything is sent" in planned["reason"]


def test_what_started_at_another_api_is_not_this_one(cli: Cli, tmp_path: Path) -> None:
    a_project_at(tmp_path, BASE_URL)
    left_behind(place_in(tmp_path), State.STARTED, "https://staging.example.com/v0")
    assert plan(cli)["action"] == "start"


@pytest.mark.parametrize(
    "arguments", [(), ("-v",), ("--format", "json")], ids=["text", "verbose", "json"]
)
def test_without_a_ledger_a_plan_creates_none(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    a_workspace(tmp_path, a_manifest())
    done = cli("plan", *arguments)
    assert (done.code, done.err) == (0, "")
    assert "the ledger: what was started before" in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaigns", "ringg-runner.yaml"]


def test_with_a_ledger_a_plan_does_not_say_that_it_was_not_checked(
    cli: Cli, tmp_path: Path
) -> None:
    a_project_at(tmp_path, BASE_URL)
    open_ledger(place_in(tmp_path)).close()
    assert cli("plan").not_checked == [IDS, THE_LIST]


BROKEN_PLACES: list[tuple[str, str, str]] = [
    ("a path below a file", "file/ledger.db", "cannot be opened"),
    ("a folder", "folder", "cannot be opened"),
    ("a name that is too long", f"{'x' * 300}.db", "cannot be opened"),
    ("garbage", "garbage.db", "is no SQLite database"),
    ("another program's", "other.db", "belongs to another program"),
    ("a newer schema", "newer.db", "has schema version 2"),
    ("another database", "mysql://u:pass-word@h/d", "cannot be kept in mysql"),
    ("no server", "postgresql://u:pass-word@localhost:1/d", "cannot be reached"),
    ("a variable that is not set", "${env.RINGG_LEDGER_URL}", "RINGG_LEDGER_URL is not set"),
]


def broken_places(root: Path) -> None:
    write(root / "file", "")
    (root / "folder").mkdir()
    write(root / "garbage.db", "not a database, " * 100)
    with closing(sqlite3.connect(root / "other.db")) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    step = ("ALTER TABLE ringg_entries ADD COLUMN colour TEXT",)
    open_ledger(root / "newer.db", steps=(*STEPS, step)).close()


each_broken_place = pytest.mark.parametrize(
    ("place", "said"),
    [case[1:] for case in BROKEN_PLACES],
    ids=[case[0] for case in BROKEN_PLACES],
)


@each_broken_place
def test_a_ledger_that_cannot_be_opened_lets_nothing_be_sent(
    cli: Cli, tmp_path: Path, place: str, said: str
) -> None:
    broken_places(tmp_path)
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, ledger=place)
        done = cli("apply", "--yes", RINGG_API_KEY=KEY)
    assert (done.code, done.out) == (3 if "env." in place else 1, "")
    assert (server.requests, server.looks) == ([], [])
    assert said in done.err
    assert "error: " in done.err
    assert "pass-word" not in done.err


@each_broken_place
def test_a_plan_goes_on_without_a_ledger_that_it_cannot_read(
    cli: Cli, tmp_path: Path, place: str, said: str
) -> None:
    broken_places(tmp_path)
    a_project_at(tmp_path, BASE_URL, ledger=place)
    done = cli("plan")
    assert (done.code, done.last_line) == (0, "1 to start")
    assert done.not_checked == [IDS, "the ledger", THE_LIST]
    assert "pass-word" not in done.err
    if place != "file/ledger.db":
        # There cannot be a ledger below a file, so none is missed.
        assert done.err.startswith("warning: the ledger is not read: ")
        assert said in done.err
        assert len(done.err.splitlines()) == 1


# --- apply ---


def test_a_completed_campaign_is_not_started_again(cli: Cli, tmp_path: Path) -> None:
    # The vendor's guard ends with the campaign: this server would start it once more.
    with serving(REGISTERED, listing=says(404)) as server:
        a_project_at(tmp_path, server.url)
        (first,), _ = apply(cli)
        (second,), done = apply(cli)
    assert (first["outcome"], second["outcome"], done.code) == ("started", "skipped", 0)
    assert second["evidence"] == "ledger"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("variables", "commit", "job_url"),
    [
        (
            {
                "GITHUB_SHA": "abc",
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "42",
            },
            "abc",
            "https://github.example/o/r/actions/runs/42",
        ),
        (
            {"CI_COMMIT_SHA": "def", "CI_JOB_URL": "https://gitlab.example/-/jobs/7"},
            "def",
            "https://gitlab.example/-/jobs/7",
        ),
        ({}, None, None),
    ],
    ids=["GitHub", "GitLab", "no CI"],
)
def test_the_trail_tells_run_commit_and_job(
    cli: Cli, tmp_path: Path, variables: dict[str, str], commit: str | None, job_url: str | None
) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "--format", "json", RINGG_API_KEY=KEY, **variables)
    run_id = json.loads(done.out)["run_id"]
    trail = json.loads(cli("ledger", "export").out)["trail"]
    assert [row["event"] for row in trail] == ["claimed", "attempt", "started"]
    assert {row["run"]["run_id"] for row in trail} == {run_id}
    assert {(row["run"]["commit"], row["run"]["job_url"]) for row in trail} == {(commit, job_url)}


def test_a_manifest_that_changed_after_its_start_is_told_and_not_sent(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        apply(cli)
        a_project_at(tmp_path, server.url, a_manifest(number_pool_id="pool-2"))
        (campaign,), done = apply(cli)
    assert (campaign["outcome"], done.code, len(server.requests)) == ("skipped", 0, 1)
    assert campaign["reason"].endswith("; changed since, without effect: number_pool_id")
    assert plan(cli)["reason"] == campaign["reason"]


def test_what_another_run_is_starting_is_held(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        left_behind(place_in(tmp_path), None, server.url)
        campaigns, done = apply(cli)
    assert [campaign["outcome"] for campaign in campaigns] == ["held", "started"]
    assert (done.code, server.started_lists) == (0, ["list-2"])
    assert "https://ci.example.com/7" in campaigns[0]["reason"]


def test_what_was_left_open_is_settled_by_the_servers_list(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="ongoing")) as server:
        a_project_at(tmp_path, server.url)
        left_behind(place_in(tmp_path), State.UNRESOLVED, server.url)
        (campaign,), done = apply(cli, "--settle", "0.1")
    assert (campaign["outcome"], campaign["evidence"]) == ("skipped", "server_list")
    assert (done.code, server.requests) == (0, [])


def test_what_cannot_be_settled_stays_unresolved_and_is_not_sent(cli: Cli, tmp_path: Path) -> None:
    with serving(hangs_up, REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        for _ in range(3):
            (campaign,), done = apply(cli, "--settle", "0")
            assert (campaign["outcome"], done.code) == ("unresolved", 6)
    assert len(server.requests) == 1


def unresolved_then(cli: Cli, root: Path, option: str) -> tuple[dict[str, Any], Finished, int]:
    with serving(hangs_up, REGISTERED) as server:
        a_project_at(root, server.url)
        _, first = apply(cli, "--settle", "0")
        assert first.code == 6
        settled = cli("ledger", "resolve", "list-1", option, "--reason", "seen in the dashboard")
        assert settled.code == 0
        (campaign,), done = apply(cli)
    return campaign, done, len(server.requests)


def test_what_a_person_settled_as_not_started_is_started_by_the_next_apply(
    cli: Cli, tmp_path: Path
) -> None:
    campaign, done, sent = unresolved_then(cli, tmp_path, "--not-started")
    assert (campaign["outcome"], campaign["evidence"]) == ("started", "answer")
    assert (done.code, sent) == (0, 2)


def test_what_a_person_settled_as_started_is_skipped_by_the_next_apply(
    cli: Cli, tmp_path: Path
) -> None:
    campaign, done, sent = unresolved_then(cli, tmp_path, "--started")
    assert (campaign["outcome"], campaign["evidence"]) == ("skipped", "person")
    assert "seen in the dashboard" in campaign["reason"]
    assert (done.code, sent) == (0, 1)


def test_what_the_api_refused_is_tried_again_by_the_next_apply(cli: Cli, tmp_path: Path) -> None:
    with serving(says(400, {"message": "invalid list_id"}), REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        outcomes = [apply(cli)[0][0]["outcome"] for _ in range(3)]
    assert outcomes == ["failed", "started", "skipped"]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "ledger",
    ["state/ours.db", "${env.PLACE}"],
    ids=["a path", "a variable"],
)
def test_the_ledger_is_where_the_project_file_says(cli: Cli, tmp_path: Path, ledger: str) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, ledger=ledger)
        apply(cli, PLACE="state/ours.db")
    assert (tmp_path / "state" / "ours.db").is_file()
    assert not (tmp_path / ".ringg-runner").exists()
    assert "1 in the ledger" in cli("ledger", "list", PLACE="state/ours.db").out


def test_the_sandbox_keeps_its_memory_apart(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    cli("apply", "--env", "sandbox")
    assert not place_in(tmp_path).exists()
    assert cli("plan", "--env", "sandbox").last_line == "0 to start, 1 to skip"
    assert cli("plan").last_line == "1 to start"


def test_a_dry_run_leaves_no_trace(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    assert cli("apply", "--dry-run").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaigns", "ringg-runner.yaml"]


# --- a ledger that fails while the server holds the first answer ---


def while_the_answer_is_held(then: Callable[[], None], say: Say = REGISTERED) -> Say:
    """Let something happen once the request has come, and answer then."""

    def held(connection: Any, ended: threading.Event) -> None:
        then()
        say(connection, ended)

    return held


def replaced(path: Path) -> None:
    path.unlink()
    path.write_text("not a database, " * 100)


def replaced_by_an_empty_one(path: Path) -> None:
    path.unlink()
    open_ledger(path).close()


def overwritten(path: Path) -> None:
    path.write_bytes(b"not a database, " * 8192)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def tables_dropped(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE ringg_trail")


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize(
    "break_it",
    [Path.unlink, replaced, replaced_by_an_empty_one, tables_dropped, folder_moved],
    ids=["deleted", "garbage", "another ledger", "tables dropped", "folder moved"],
)
def test_a_ledger_that_breaks_midway_lets_nothing_more_be_sent(
    cli: Cli, tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    path = place_in(tmp_path)
    breaking = while_the_answer_is_held(lambda: break_it(path))
    with serving(breaking, REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        campaigns, done = apply(cli, "--concurrency", "1")
    assert server.started_lists == ["list-1"]
    outcomes = [campaign["outcome"] for campaign in campaigns]
    assert (outcomes, done.code) == (["unresolved", "failed", "cancelled"], 6)
    recorded, claimed, attempted = (campaign["reason"] for campaign in campaigns)
    assert recorded.startswith("started, but that could not be recorded: ")
    assert claimed.startswith("not sent: it could not be claimed: ")
    assert attempted == "not attempted: the ledger cannot be written"
    assert "Traceback" not in done.err


@pytest.mark.parametrize("break_it", [overwritten, emptied])
def test_a_ledger_that_is_overwritten_midway_lets_nothing_be_sent_twice(
    cli: Cli, tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    # What an open file holds may still be right where its bytes on the disk are not.
    path = place_in(tmp_path)
    breaking = while_the_answer_is_held(lambda: break_it(path))
    with serving(breaking, REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        apply(cli)
        again = cli("apply", "--yes", RINGG_API_KEY=KEY)
    assert (again.code, again.out) == (1, "")
    assert f"error: the ledger {path} is " in again.err
    assert len(server.started_lists) == len(set(server.started_lists))


def test_a_ledger_that_breaks_before_a_claim_fails_what_could_not_be_claimed(
    cli: Cli, tmp_path: Path
) -> None:
    # The look before the first start is the last that happens before it is claimed.
    breaking = while_the_answer_is_held(lambda: place_in(tmp_path).unlink(), lists())
    with serving(REGISTERED, listing=breaking) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        campaigns, done = apply(cli, "--concurrency", "1")
    assert server.requests == []
    assert [campaign["outcome"] for campaign in campaigns] == ["failed", "cancelled"]
    assert campaigns[0]["reason"].startswith("not sent: it could not be claimed: ")
    assert done.code == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_ledger_by_url_works_end_to_end(
    cli: Cli, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = a_place(kind, request)
    with serving(REGISTERED, hangs_up, REGISTERED, listing=says(404)) as server:
        a_project_at(tmp_path, server.url, *manifests(2), ledger="${env.RINGG_LEDGER_URL}")
        first, done = apply(cli, "--concurrency", "1", "--settle", "0", RINGG_LEDGER_URL=url)
        assert [campaign["outcome"] for campaign in first] == ["started", "unresolved"]
        assert done.code == 6
        settle = ("ledger", "resolve", "list-2", "--not-started", "--reason", "seen")
        assert cli(*settle, RINGG_LEDGER_URL=url).code == 0
        assert cli("plan", RINGG_LEDGER_URL=url).last_line == "1 to start, 1 to skip"
        second, done = apply(cli, RINGG_LEDGER_URL=url)
        assert [campaign["outcome"] for campaign in second] == ["skipped", "started"]
        assert cli("status", "--no-refresh", RINGG_LEDGER_URL=url).out.count(" started ") == 2
        assert cli("ledger", "list", RINGG_LEDGER_URL=url).last_line == "2 in the ledger"
        assert cli("ledger", "verify", RINGG_LEDGER_URL=url).code == 0
    assert server.started_lists == ["list-1", "list-2", "list-2"]
    assert not (tmp_path / ".ringg-runner").exists()


def test_a_ledger_server_that_stops_midway_lets_nothing_more_be_sent(
    cli: Cli, tmp_path: Path
) -> None:
    with own_server() as postgres:
        stopping = while_the_answer_is_held(postgres.stop)
        with serving(stopping, REGISTERED, listing=lists()) as server:
            a_project_at(tmp_path, server.url, *manifests(3), ledger="${env.RINGG_LEDGER_URL}")
            url = {"RINGG_LEDGER_URL": postgres.url}
            campaigns, done = apply(cli, "--concurrency", "1", **url)
            assert server.started_lists == ["list-1"]
            outcomes = [campaign["outcome"] for campaign in campaigns]
            assert (outcomes, done.code) == (["unresolved", "failed", "cancelled"], 6)
            again = cli("apply", "--yes", RINGG_API_KEY=KEY, RINGG_LEDGER_URL=postgres.url)
            assert (again.code, again.out, len(server.requests)) == (1, "", 1)
            # The claim outlives the server's crash, and keeps the list from being sent again.
            postgres.start()
            later, done = apply(cli, "--concurrency", "1", RINGG_LEDGER_URL=postgres.url)
        assert [campaign["outcome"] for campaign in later] == ["held", "started", "started"]
        assert server.started_lists == ["list-1", "list-2", "list-3"]
        with open_ledger(postgres.url) as ledger:
            assert trail_of(ledger).count(Event.STARTED) == 2
