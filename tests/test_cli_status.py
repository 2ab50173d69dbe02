"""`status` from the command line: manifests beside the ledger beside the server's own list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_workspace, manifests, write
from conftest import Cli
from jsonschema import Draft7Validator
from servers import Say, hangs_up, lists, says, serving

from ringg_runner.authoring import schemas

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})


def status_json(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    done = cli("status", "--format", "json", *arguments, RINGG_API_KEY=KEY)
    assert done.code == 0
    document = json.loads(done.out)
    Draft7Validator(schemas.load("status")).validate(document)
    campaigns: list[dict[str, Any]] = document["campaigns"]
    return campaigns


def test_each_campaign_stands_beside_ledger_and_list(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_2="draft")) as server:
        a_project_at(tmp_path, server.url, *manifests(1))
        cli("apply", "--yes", RINGG_API_KEY=KEY)
        a_project_at(tmp_path, server.url, *manifests(3))
        done = cli("status", RINGG_API_KEY=KEY)
    assert (done.code, done.err) == (0, "")
    head, first, second, third = (line.split() for line in done.out.splitlines())
    assert head == ["NAME", "LIST", "LEDGER", "SINCE", "SERVER", "PEOPLE", "WHERE", "NOTE"]
    assert (first[:3], first[4:]) == (["c1", "list-1", "started"], ["-", "-", "campaigns/1.yaml:1"])
    assert second == ["c2", "list-2", "-", "-", "draft", "-", "campaigns/2.yaml:1"]
    assert third == ["c3", "list-3", "-", "-", "-", "-", "campaigns/3.yaml:1"]


def test_the_document_holds_entry_and_row(cli: Cli, tmp_path: Path) -> None:
    row = {"id": "list-1", "campaign_status": "ongoing", "total_calls": 12}
    listing = says(200, {"campaigns": [row], "pagination": {"total": 1}})
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        cli("apply", "--yes", RINGG_API_KEY=KEY)
        known, new = status_json(cli)
    assert (known["name"], known["file"], known["line"]) == ("c1", "campaigns/1.yaml", 1)
    assert (known["ledger"]["state"], known["changed"]) == ("started", [])
    assert known["server"] == {"status": "ongoing", "people": 12}
    assert (new["ledger"]["state"], new["server"]) == ("started", None)


@pytest.mark.parametrize("word", [None, "draft", "completed", "dormant"], ids=str)
def test_the_servers_word_is_shown_as_it_is(cli: Cli, tmp_path: Path, word: str | None) -> None:
    with serving(REGISTERED, listing=lists(list_1=word)) as server:
        a_project_at(tmp_path, server.url)
        (campaign,) = status_json(cli)
        assert campaign["server"] == {"status": word, "people": None}
        assert (word or "no campaign") in cli("status", RINGG_API_KEY=KEY).out


def test_nothing_is_sent_changed_or_created(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="draft")) as server:
        a_project_at(tmp_path, server.url)
        assert cli("status", RINGG_API_KEY=KEY).code == 0
    assert (server.requests, len(server.looks)) == ([], 1)
    assert not (tmp_path / ".ringg-runner").exists()


def test_without_a_refresh_nobody_is_asked_and_no_key_is_needed(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_1="ongoing")) as server:
        a_project_at(tmp_path, server.url)
        done = cli("status", "--no-refresh")
    assert (done.code, done.err) == (0, "")
    assert "ongoing" not in done.out
    assert (server.requests, server.looks) == ([], [])


def test_without_a_key_the_list_is_not_read(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("status")
    assert (done.code, done.out, server.looks) == (3, "", [])
    assert "RINGG_API_KEY" in done.err


UNREADABLE: list[tuple[str, Say, str]] = [
    ("404", says(404, {"message": "Not Found"}), "HTTP 404"),
    ("403", says(403), "HTTP 403"),
    ("500", says(500), "HTTP 500"),
    ("another shape", says(200, {"items": []}), "not a list of campaigns"),
    ("HTML", says(200, "<h1>Sign in</h1>"), "not a list of campaigns"),
    ("no answer", hangs_up, ""),
]


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(
    ("listing", "reason"),
    [case[1:] for case in UNREADABLE],
    ids=[case[0] for case in UNREADABLE],
)
def test_a_list_that_cannot_be_read_is_told_once_and_is_no_failure(
    cli: Cli, tmp_path: Path, listing: Say, reason: str, output: str
) -> None:
    with serving(REGISTERED, listing=listing) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        done = cli("status", "--format", output, RINGG_API_KEY=KEY)
    assert done.code == 0
    assert done.err.startswith("warning: the server's list is not read: ")
    assert reason in done.err
    assert len(done.err.splitlines()) == 1
    assert "list-2" in done.out


def test_a_ledger_that_cannot_be_read_is_told_once_and_is_no_failure(
    cli: Cli, tmp_path: Path
) -> None:
    a_workspace(tmp_path, *manifests(2))
    write(tmp_path / ".ringg-runner" / "ledger.db", "not a database, " * 100)
    done = cli("status", "--no-refresh")
    assert done.code == 0
    assert done.err.startswith("warning: the ledger is not read: ")
    assert len(done.err.splitlines()) == 1
    assert "list-2" in done.out


def test_what_changed_since_the_start_is_named(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        cli("apply", "--yes", RINGG_API_KEY=KEY)
        changed = a_manifest(number_pool_id="pool-2", callback_url="https://a.example")
        a_project_at(tmp_path, server.url, changed)
        (campaign,) = status_json(cli)
        done = cli("status", "--no-refresh")
    assert campaign["changed"] == ["number_pool_id", "callback_url"]
    assert "changed since: number_pool_id, callback_url" in done.out


def test_the_sandbox_needs_no_key(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    cli("apply", "--env", "sandbox")
    done = cli("status", "--env", "sandbox")
    assert (done.code, done.err) == (0, "")
    assert "started" in done.out


def test_an_empty_selection_and_an_invalid_manifest_are_errors(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    assert cli("status", "--no-refresh").code == 3
    write(tmp_path / "campaigns" / "1.yaml", a_manifest(agent_id="${agents.none}"))
    done = cli("status", "--no-refresh")
    assert (done.code, done.out) == (3, "")
    assert "campaigns/1.yaml:3:" in done.err
