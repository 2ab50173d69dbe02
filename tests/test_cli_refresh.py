"""The server's own list, read before a plan or an apply: what it says decides what is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_project_file, a_workspace, manifests
from conftest import Cli
from jsonschema import Draft7Validator
from servers import Say, Server, hangs_up, lists, says, serving

from ringg_runner.authoring import schemas

KEY = "rg_live_0123456789abcdef"
IDS, THE_LIST = "agent id, list id, pool id", "the server's list of campaigns"
REGISTERED = says(200, {"status": "campaign registered successfully!"})


def json_of(cli: Cli, command: str, *arguments: str) -> dict[str, Any]:
    done = cli(command, "--format", "json", *arguments, RINGG_API_KEY=KEY)
    document: dict[str, Any] = json.loads(done.out)
    Draft7Validator(schemas.load("plan" if command == "plan" else "run")).validate(document)
    return document


def listing_of(*rows: dict[str, Any], total: int | None = None) -> Say:
    found = len(rows) if total is None else total
    return says(200, {"campaigns": list(rows), "pagination": {"total": found}})


def for_agent(agent_id: str) -> Say:
    return listing_of({"id": "list-1", "campaign_status": "draft", "agent_id": agent_id})


STANDINGS: list[tuple[str, Say, str, str]] = [
    ("absent", lists(), "start", "not in the server's list"),
    ("null", lists(list_1=None), "start", "no campaign"),
    ("draft", lists(list_1="draft"), "start", "draft"),
    ("insufficient balance", lists(list_1="insufficient_balance"), "start", "insufficient_balance"),
    ("ongoing", lists(list_1="ongoing"), "skip", "ongoing"),
    ("scheduled", lists(list_1="scheduled"), "skip", "scheduled"),
    ("completed", lists(list_1="completed"), "skip", "completed"),
    ("terminated", lists(list_1="terminated"), "hold", "terminated"),
    ("failed", lists(list_1="failed"), "hold", "failed"),
    ("no valid contacts", lists(list_1="no_valid_contacts"), "hold", "no_valid_contacts"),
    ("unknown word", lists(list_1="dormant"), "hold", "dormant"),
    ("no word", listing_of({"id": "list-1"}), "hold", "not known"),
]
each_standing = pytest.mark.parametrize(
    ("listing", "action", "word"),
    [case[1:] for case in STANDINGS],
    ids=[case[0] for case in STANDINGS],
)


@each_standing
def test_a_refreshed_plan_acts_by_the_word_of_the_list(
    cli: Cli, tmp_path: Path, listing: Say, action: str, word: str
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url)
        (campaign,) = json_of(cli, "plan", "--refresh")["campaigns"]
    assert campaign["action"] == action
    assert word in campaign["reason"]
    assert campaign["evidence"] == ("server_list" if action == "skip" else None)
    assert (server.requests, len(server.looks)) == ([], 1)
    assert not (tmp_path / ".ringg-runner").exists()


@each_standing
def test_an_apply_does_what_a_refreshed_plan_says(
    cli: Cli, tmp_path: Path, listing: Say, action: str, word: str
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url)
        document = json_of(cli, "apply", "--yes")
    (campaign,) = document["campaigns"]
    outcome = {"start": "started", "skip": "skipped", "hold": "held"}[action]
    assert (campaign["outcome"], document["exit_code"]) == (outcome, 0)
    assert len(server.requests) == (action == "start")
    if action != "start":
        assert word in campaign["reason"]


def test_a_plan_that_is_not_refreshed_asks_nobody(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="ongoing")) as server:
        a_project_at(tmp_path, server.url)
        done = cli("plan")
    assert (done.code, server.requests, server.looks) == (0, [], [])
    assert done.last_line == "1 to start"
    assert done.not_checked == [IDS, "the ledger", THE_LIST]


def test_a_refresh_needs_the_key(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("plan", "--refresh")
    assert (done.code, done.out, server.looks) == (3, "", [])
    assert "RINGG_API_KEY" in done.err


@pytest.mark.parametrize(
    ("listing", "not_checked"),
    [
        (lists(), []),
        (says(404), [f"{THE_LIST}: HTTP 404"]),
        (listing_of(total=5), [f"all of {THE_LIST}: it moved while it was read"]),
    ],
    ids=["read", "unreadable", "in parts"],
)
def test_what_a_refresh_did_not_check_is_said(
    cli: Cli, tmp_path: Path, listing: Say, not_checked: list[str]
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url)
        done = cli("plan", "--refresh", RINGG_API_KEY=KEY)
        document = json_of(cli, "plan", "--refresh")
    assert [line.partition(": ")[0] for line in document["not_checked"]] == done.not_checked
    assert document["not_checked"][2:] == not_checked
    assert all(f"\n  {line}\n" in done.out for line in not_checked)


@pytest.mark.parametrize("command", [("plan", "--refresh"), ("apply", "--yes")], ids=" ".join)
def test_a_list_of_another_agent_is_an_error_at_its_manifest(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    with serving(REGISTERED, listing=for_agent("agent-7")) as server:
        good = a_manifest(name="good", list_id="list-2")
        a_project_at(tmp_path, server.url, good, f"# ours\n{a_manifest()}")
        done = cli(*command, RINGG_API_KEY=KEY)
    assert (done.code, done.out, server.requests) == (3, "", [])
    assert done.err.startswith("campaigns/2.yaml:2:1: error: the list of diwali-renewals was ")
    assert "agent-7" in done.err
    assert done.err.count("error: the list of") == 1


def test_a_list_of_the_same_agent_is_started(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=for_agent("agent-1")) as server:
        a_project_at(tmp_path, server.url)
        assert cli("apply", "--yes", RINGG_API_KEY=KEY).code == 0
    assert server.started_lists == ["list-1"]


UNREADABLE: list[tuple[str, Say, str]] = [
    ("404", says(404, {"message": "Not Found"}), "HTTP 404"),
    ("403", says(403, {"message": "Forbidden"}), "HTTP 403"),
    ("500", says(500), "HTTP 500"),
    ("another shape", says(200, {"items": []}), "not a list of campaigns"),
    ("HTML", says(200, "<h1>Sign in</h1>"), "not a list of campaigns"),
    ("no answer", hangs_up, ""),
]


@pytest.mark.parametrize("command", [("plan", "--refresh"), ("apply", "--yes")], ids=" ".join)
@pytest.mark.parametrize(
    ("listing", "reason"),
    [case[1:] for case in UNREADABLE],
    ids=[case[0] for case in UNREADABLE],
)
def test_a_list_that_cannot_be_read_is_told_once_and_done_without(
    cli: Cli, tmp_path: Path, command: tuple[str, ...], listing: Say, reason: str
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = cli(*command, RINGG_API_KEY=KEY)
    assert done.code == 0
    assert done.err.startswith("warning: the server's list is not read: ")
    assert reason in done.err
    assert len(done.err.splitlines()) == 1
    assert len(server.requests) == (3 if command[0] == "apply" else 0)


def test_an_apply_looks_once_before_its_first_start(cli: Cli, tmp_path: Path) -> None:
    seen: list[int] = []

    def counting(connection: Any, ended: threading.Event) -> None:
        seen.append(len(server.looks))
        REGISTERED(connection, ended)

    with serving(counting, listing=lists(list_1="draft")) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        assert cli("apply", "--yes", RINGG_API_KEY=KEY).last_line == "3 started"
    assert seen == [1, 1, 1]
    assert [look.method for look in server.looks] == ["GET"]


def test_an_apply_without_a_refresh_never_looks(cli: Cli, tmp_path: Path) -> None:
    with serving(says(500), listing=lists(list_1="ongoing")) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "--no-refresh", "--settle", "0", RINGG_API_KEY=KEY)
    assert (done.code, len(server.requests), server.looks) == (6, 1, [])


def test_where_the_ledger_knows_everything_nobody_is_asked_and_no_key_is_needed(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        cli("apply", "--yes", RINGG_API_KEY=KEY)
        before = (len(server.requests), len(server.looks))
        done = cli("apply")
        assert (len(server.requests), len(server.looks)) == before
    assert (done.code, done.last_line) == (0, "0 started, 2 skipped")


def test_a_skip_by_the_list_is_remembered(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="completed")) as server:
        a_project_at(tmp_path, server.url)
        first = cli("apply", "--yes", RINGG_API_KEY=KEY)
        assert (first.code, first.last_line) == (0, "0 started, 1 skipped")
        assert server.requests == []
    # The server is down, and there is no key any more.
    second = cli("apply", "--yes", "--format", "json")
    (campaign,) = json.loads(second.out)["campaigns"]
    assert (second.code, second.err) == (0, "")
    assert (campaign["outcome"], campaign["evidence"]) == ("skipped", "ledger")
    assert "completed" in campaign["reason"]


def test_a_completed_campaign_is_not_started_again_without_a_ledger(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(REGISTERED, listing=lists(list_1="completed")) as server:
        a_project_at(tmp_path, server.url)
        (campaign,) = json_of(cli, "apply", "--yes")["campaigns"]
    assert (campaign["outcome"], campaign["evidence"]) == ("skipped", "server_list")
    assert server.requests == []


def test_a_hold_by_the_list_is_decided_anew_each_time(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="terminated")) as server:
        a_project_at(tmp_path, server.url)
        first = cli("apply", "--yes", RINGG_API_KEY=KEY)
        second = cli("apply", "--yes", RINGG_API_KEY=KEY)
    assert first.last_line == second.last_line == "0 started, 1 held"
    assert "new list" in second.out
    assert (server.requests, len(server.looks)) == ([], 2)


def test_a_fresh_ci_runner_says_what_it_goes_by_before_anything_is_sent(tmp_path: Path) -> None:
    said = tmp_path / "stderr"
    at_the_request: list[str] = []

    def noting(connection: Any, ended: threading.Event) -> None:
        at_the_request.append(said.read_text())
        REGISTERED(connection, ended)

    with serving(noting, listing=lists()) as server, said.open("w") as stderr:
        a_project_at(tmp_path, server.url)
        done = subprocess.run(
            [sys.executable, "-m", "ringg_runner", "apply", "--yes"],
            cwd=tmp_path,
            env={**os.environ, "RINGG_API_KEY": KEY, "CI": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            check=False,
        )
    assert (done.returncode, len(at_the_request)) == (0, 1)
    assert at_the_request[0].startswith("note: there is no ledger here: ")


def apply_in_ci(cli: Cli, root: Path, server: Server, *arguments: str) -> tuple[int, str]:
    a_project_at(root, server.url)
    done = cli("apply", "--yes", *arguments, RINGG_API_KEY=KEY, CI="true")
    return done.code, done.err


@pytest.mark.parametrize(
    ("listing", "arguments"),
    [(says(404), ()), (says(500), ()), (lists(), ("--no-refresh",))],
    ids=["404", "500", "not read"],
)
def test_a_fresh_ci_runner_with_neither_ledger_nor_list_starts_nothing(
    cli: Cli, tmp_path: Path, listing: Say, arguments: tuple[str, ...]
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        for _ in range(2):
            # Whatever the first try left behind is no memory for the second.
            code, err = apply_in_ci(cli, tmp_path, server, *arguments)
            assert (code, server.requests) == (4, [])
            assert "there is no ledger here and the server's list is not read" in err
            assert "--without-memory" in err


def test_whoever_takes_the_risk_goes_on_without_a_memory(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=says(404)) as server:
        code, err = apply_in_ci(cli, tmp_path, server, "--without-memory")
    assert (code, server.started_lists) == (0, ["list-1"])
    assert "there is no ledger here" not in err


def test_a_ci_runner_that_kept_its_ledger_needs_no_list(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=says(404)) as server:
        a_project_at(tmp_path, server.url, a_manifest(name="before", list_id="list-0"))
        cli("apply", "--yes", RINGG_API_KEY=KEY)
        code, err = apply_in_ci(cli, tmp_path, server)
    assert (code, server.started_lists) == (0, ["list-0", "list-1"])
    assert "there is no ledger here" not in err


def test_a_new_file_by_url_is_no_memory_either(cli: Cli, tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'ours.db'}"
    with serving(REGISTERED, listing=says(404)) as server:
        production = {"base_url": server.url, "ledger": place}
        project = a_project_file(environments={"production": production})
        a_workspace(tmp_path, a_manifest(), project=project)
        assert cli("plan").err == ""
        done = cli("apply", "--yes", RINGG_API_KEY=KEY, CI="true")
    assert (done.code, server.requests) == (4, [])


def test_where_the_list_tells_everything_a_fresh_ci_runner_has_nothing_to_note(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(REGISTERED, listing=lists(list_1="completed")) as server:
        assert apply_in_ci(cli, tmp_path, server) == (0, "")
    assert server.requests == []


def test_the_sandbox_needs_no_memory_in_ci(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    done = cli("apply", "--env", "sandbox", CI="true")
    assert (done.code, done.err, done.last_line) == (0, "", "1 started")
