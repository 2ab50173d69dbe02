"""`apply` from the command line, against the sandbox and against servers that say anything."""

from __future__ import annotations

import errno
import io
import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_workspace, manifests
from conftest import Cli, Finished
from jsonschema import Draft7Validator
from servers import (
    Say,
    Server,
    closed_port,
    hangs_up,
    lists,
    says,
    serving,
    stays_silent,
    writes,
)

from ringg_runner.authoring import schemas

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!", "has_ongoing_calls": True})


def apply_json(cli: Cli, *arguments: str) -> tuple[dict[str, Any], Finished]:
    done = cli("apply", "--yes", "--format", "json", *arguments, RINGG_API_KEY=KEY)
    document = json.loads(done.out)
    Draft7Validator(schemas.load("run")).validate(document)
    assert document["exit_code"] == done.code
    return document, done


def test_the_sandbox_starts_each_campaign_once(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(3), a_manifest(name="held", list_id="l", enabled=False))
    first = cli("apply", "--env", "sandbox")
    assert (first.code, first.err) == (0, "")
    assert first.last_line == "3 started, 1 held"
    second = cli("apply", "--env", "sandbox")
    assert second.code == 0
    assert second.last_line == "0 started, 3 skipped, 1 held"
    assert second.out.count("skipped  ") == 3
    assert "started  " not in second.out


def test_rows_stand_in_the_order_of_the_manifests(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(3))
    lines = cli("apply", "--env", "sandbox").out.splitlines()
    assert lines[0] == "Apply to sandbox (http://sandbox.localhost/ca/api/v0)"
    rows = [line.split() for line in lines[2:6]]
    assert [row[0] for row in rows] == ["OUTCOME", "started", "started", "started"]
    assert [row[1] for row in rows] == ["NAME", "c1", "c2", "c3"]


def test_verbose_shows_each_attempt(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    assert "attempt 1 at " in cli("apply", "--env", "sandbox", "-v").out
    with serving(hangs_up) as server:
        a_project_at(tmp_path, server.url)
        out = cli("apply", "--yes", "-v", RINGG_API_KEY=KEY).out
    assert "s: no answer, ambiguous, " in out


def test_the_run_document_tells_of_the_start_in_full(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        document, done = apply_json(cli)
    assert done.err == ""
    assert document["summary"]["started"] == 1
    (campaign,) = document["campaigns"]
    assert campaign["outcome"] == "started"
    assert campaign["evidence"] == "answer"
    assert campaign["has_ongoing_calls"] is True
    assert campaign["attempts"][0]["detail"] == "campaign registered successfully!"
    assert server.started_lists == ["list-1"]


ALREADY_IN_EVERY_SHAPE: list[tuple[str, Say]] = [
    ("message", says(400, {"message": "campaign already started"})),
    ("detail", says(400, {"detail": "Campaign already started"})),
    ("error object", says(400, {"error": {"code": "X", "message": "already started"}})),
    ("deep", says(400, {"a": [{"b": {"c": ["campaign already started"]}}]})),
    ("validation list", says(400, {"detail": [{"loc": ["body"], "msg": "already started"}]})),
    ("code", says(400, {"error": {"code": "CAMPAIGN_ALREADY_STARTED"}})),
    ("plain text", says(400, "campaign already started")),
    ("html", says(400, "<h1>Campaign <b>already</b> started</h1>")),
    ("upper case", says(400, "CAMPAIGN ALREADY STARTED")),
    ("no-break space", says(400, {"message": "campaign already\u00a0started"})),
    ("dash", says(400, {"message": "campaign already—started"})),
    ("ongoing", says(400, {"message": "Campaign is already in ongoing state"})),
    ("scheduled", says(400, {"message": "Campaign has already been scheduled"})),
]

OTHER_400S: list[tuple[str, Say]] = [
    ("wrong list", says(400, {"message": "invalid list_id"})),
    ("wrong pool", says(400, {"detail": "Number pool not found."})),
    ("not ready", says(400, {"message": "Bulk list is not ready to start."})),
    ("already in use", says(400, {"message": "Number pool already in use by a running campaign"})),
    ("already deleted", says(400, {"message": "List already deleted; campaign not started"})),
    ("another", says(400, {"message": "Another campaign is already running"})),
    ("nothing", says(400)),
]

UNRESOLVED: list[tuple[str, Say]] = [
    ("408", says(408)),
    ("409", says(409, {"message": "campaign already started"})),
    ("500", says(500, {"message": "Internal server error"})),
    ("503", says(503, "<h1>Service Unavailable</h1>")),
    ("redirect", says(302, location="https://example.com/")),
    ("html with 200", says(200, "<html>Sign in</html>")),
    ("empty 200", says(200)),
    ("204", says(204)),
    ("array with 200", says(200, [])),
    ("an error with 200", says(200, {"error": "Number pool not found."})),
    ("nothing at all", hangs_up),
    ("half an answer", writes(b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{")),
]


def outcome_of(cli: Cli, root: Path, say: Say) -> tuple[dict[str, Any], Finished, Server]:
    with serving(say) as server:
        a_project_at(root, server.url)
        document, done = apply_json(cli)
    return document["campaigns"][0], done, server


@pytest.mark.parametrize(
    "say",
    [say for _, say in ALREADY_IN_EVERY_SHAPE],
    ids=[name for name, _ in ALREADY_IN_EVERY_SHAPE],
)
def test_already_started_in_any_shape_is_skipped_and_sent_once(
    cli: Cli, tmp_path: Path, say: Say
) -> None:
    campaign, done, server = outcome_of(cli, tmp_path, say)
    assert (campaign["outcome"], campaign["evidence"], done.code) == ("skipped", "words", 0)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "say", [say for _, say in OTHER_400S], ids=[name for name, _ in OTHER_400S]
)
def test_any_other_400_has_failed_and_is_sent_once(cli: Cli, tmp_path: Path, say: Say) -> None:
    campaign, done, server = outcome_of(cli, tmp_path, say)
    assert (campaign["outcome"], campaign["evidence"], done.code) == ("failed", None, 1)
    assert len(server.requests) == 1
    assert campaign["reason"].startswith("HTTP 400")


@pytest.mark.parametrize(
    "say", [say for _, say in UNRESOLVED], ids=[name for name, _ in UNRESOLVED]
)
def test_what_may_have_started_is_unresolved_and_not_sent_again(
    cli: Cli, tmp_path: Path, say: Say
) -> None:
    campaign, done, server = outcome_of(cli, tmp_path, say)
    assert (campaign["outcome"], campaign["evidence"], done.code) == ("unresolved", None, 6)
    assert len(server.requests) == 1
    assert campaign["reason"].startswith("may or may not have started: ")


def test_a_server_that_never_answers_is_given_the_time_that_was_set(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(stays_silent) as server:
        a_project_at(tmp_path, server.url)
        document, done = apply_json(cli, "--timeout", "0.3")
    assert document["campaigns"][0]["outcome"] == "unresolved"
    assert "0.3 s" in document["campaigns"][0]["reason"]
    assert done.code == 6


def test_unresolved_says_what_to_do_now(cli: Cli, tmp_path: Path) -> None:
    with serving(hangs_up) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", RINGG_API_KEY=KEY)
    assert "may be calling people now" in done.out
    assert done.last_line == "0 started, 1 unresolved"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_tried_once_and_ends_the_run(
    cli: Cli, tmp_path: Path, status: int
) -> None:
    with serving(says(status, {"message": "Invalid credentials"})) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        document, done = apply_json(cli, "--concurrency", "1")
    outcomes = [campaign["outcome"] for campaign in document["campaigns"]]
    assert (outcomes, done.code) == (["failed", "cancelled", "cancelled"], 5)
    assert len(server.requests) == 1


def test_an_empty_balance_starts_nothing_new(cli: Cli, tmp_path: Path) -> None:
    poor = says(402, {"message": "your current balance is insufficient"})
    with serving(REGISTERED, poor) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        document, done = apply_json(cli, "--concurrency", "1")
    outcomes = [campaign["outcome"] for campaign in document["campaigns"]]
    assert (outcomes, done.code) == (["started", "failed", "cancelled"], 1)
    assert len(server.requests) == 2


def test_a_throttled_start_is_sent_again_after_the_time_asked_for(cli: Cli, tmp_path: Path) -> None:
    with serving(says(429, {"error": "slow down"}, retry_after="0"), REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        document, done = apply_json(cli)
    assert [attempt["verdict"] for attempt in document["campaigns"][0]["attempts"]] == [
        "throttled",
        "started",
    ]
    assert (len(server.requests), done.code) == (2, 0)


def test_a_server_that_is_not_there_has_started_nothing(cli: Cli, tmp_path: Path) -> None:
    a_project_at(tmp_path, f"http://127.0.0.1:{closed_port()}/v0")
    document, done = apply_json(cli)
    campaign = document["campaigns"][0]
    assert (campaign["outcome"], done.code) == ("failed", 1)
    assert campaign["reason"].startswith("no connection to 127.0.0.1:")
    assert {attempt["status"] for attempt in campaign["attempts"]} == {None}


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(
    "say",
    [
        says(200, {"status": f"welcome {KEY}", "has_ongoing_calls": False}),
        says(400, {KEY: f"your key {KEY.upper()} started already"}),
        says(400, f"<p>{KEY}</p>"),
        says(401, {"message": f"key {KEY} is invalid"}),
        says(500, f"Traceback: X-API-KEY={KEY}"),
        says(302, location=f"https://example.com/?key={KEY}"),
        says(429, f"{KEY}", retry_after=KEY),
    ],
    ids=["200", "400", "400 html", "401", "500", "302", "429"],
)
def test_a_key_that_the_server_echoes_is_in_no_output(
    cli: Cli, tmp_path: Path, say: Say, output: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="ringg_runner")
    with serving(say, REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "-v", "--format", output, RINGG_API_KEY=KEY)
    assert KEY.lower() not in (done.out + done.err + caplog.text).lower()


def test_a_key_that_cannot_be_one_is_refused_unseen(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    done = cli("apply", "--yes", RINGG_API_KEY="rg_live_one rg_live_two")
    assert done.code == 3
    assert "rg_live" not in done.out + done.err


def test_without_a_key_nothing_is_sent(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes")
    assert (done.code, done.out, server.requests) == (3, "", [])
    assert "RINGG_API_KEY" in done.err


def test_without_a_terminal_and_without_yes_nothing_is_sent(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", RINGG_API_KEY=KEY)
    assert (done.code, done.out, server.requests) == (4, "", [])
    assert "--yes" in done.err


def test_where_nothing_is_to_start_no_key_and_no_yes_are_needed(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(enabled=False))
    done = cli("apply")
    assert (done.code, done.last_line) == (0, "0 started, 1 held")


def test_one_invalid_manifest_among_valid_ones_stops_everything(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED) as server:
        a_project_at(
            tmp_path,
            server.url,
            a_manifest(name="good", list_id="good"),
            a_manifest(name="Bad", list_id="${lists.none}"),
            "version: 1\nname: [\n",
        )
        done = cli("apply", "--yes", RINGG_API_KEY=KEY)
    assert (done.code, done.out, server.requests) == (3, "", [])
    assert "campaigns/2.yaml:2:7: error: " in done.err
    assert "campaigns/2.yaml:4:11: error: unknown reference ${lists.none}" in done.err
    assert "campaigns/3.yaml:3:1: error: " in done.err


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_dry_run_is_the_plan(cli: Cli, tmp_path: Path, output: str) -> None:
    a_workspace(tmp_path, *manifests(2))
    dry = cli("apply", "--dry-run", "--format", output)
    assert dry == cli("plan", "--format", output)
    assert dry.code == 0


class FullAfter(io.StringIO):
    """A stdout on a disk that is full after so many characters."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.nowhere = Path(os.devnull).open("w")  # noqa: SIM115

    def fileno(self) -> int:
        return self.nowhere.fileno()

    def write(self, text: str) -> int:
        self.room -= len(text)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


@pytest.mark.parametrize(("output", "room"), [("text", 200), ("json", 0)])
def test_what_happened_is_told_even_if_stdout_runs_full(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, room: int
) -> None:
    stdout = FullAfter(room)
    monkeypatch.setattr("sys.stdout", stdout)
    with stdout.nowhere, serving(REGISTERED, says(500)) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = cli("apply", "--yes", "--format", output, RINGG_API_KEY=KEY)
    assert (done.code, len(server.requests)) == (6, 3)
    assert "the result could not be written" in done.err
    shown = stdout.getvalue() + done.err
    assert [f"list-{n}" in shown for n in (1, 2, 3)] == [True] * 3


def test_a_sandbox_that_cannot_remember_starts_nothing(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    (tmp_path / ".ringg-runner").mkdir()
    (tmp_path / ".ringg-runner" / "sandbox.db").write_text("not a database, " * 100)
    done = cli("apply", "--env", "sandbox")
    assert done.code == 1
    assert "sandbox.db" in done.err


def test_as_many_starts_are_in_flight_as_are_allowed_and_no_more(cli: Cli, tmp_path: Path) -> None:
    together, in_flight, most = threading.Barrier(3, timeout=30), set[object](), list[int]()

    def answers_three_at_once(connection: socket.socket, ended: threading.Event) -> None:
        in_flight.add(connection)
        together.wait()
        most.append(len(in_flight))
        together.wait()
        in_flight.discard(connection)
        REGISTERED(connection, ended)

    with serving(answers_three_at_once) as server:
        a_project_at(tmp_path, server.url, *manifests(6))
        done = cli("apply", "--yes", "--concurrency", "3", RINGG_API_KEY=KEY)
    assert done.last_line == "6 started"
    assert set(most) == {3}


def test_nothing_more_is_started_after_so_many_failures(cli: Cli, tmp_path: Path) -> None:
    refused = says(400, {"message": "you cannot do that"})
    with serving(REGISTERED, refused) as server:
        a_project_at(tmp_path, server.url, *manifests(6))
        document, done = apply_json(cli, "--concurrency", "1", "--max-failures", "2")
    outcomes = [campaign["outcome"] for campaign in document["campaigns"]]
    # One more may be under way already when the second failure is recorded.
    failed = len(server.requests) - 1
    assert failed in (2, 3)
    assert outcomes == ["started", *["failed"] * failed, *["cancelled"] * (5 - failed)]
    assert document["campaigns"][-1]["reason"] == "not attempted: too many starts failed"
    assert done.code == 1


def test_nobody_waits_for_an_api_that_asks_to_be_left_alone_for_an_hour(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(says(429, {"error": "slow down"}, retry_after="3600")) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        document, done = apply_json(cli, "--concurrency", "1")
    outcomes = [campaign["outcome"] for campaign in document["campaigns"]]
    assert (outcomes, done.code) == (["failed", "cancelled", "cancelled"], 1)
    assert len(server.requests) == 1


@pytest.mark.parametrize("rate", ["2000/s", "100000/m", "360000.5/h"])
def test_a_rate_is_told_by_the_second_the_minute_or_the_hour(
    cli: Cli, tmp_path: Path, rate: str
) -> None:
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = cli("apply", "--yes", "--rate", rate, RINGG_API_KEY=KEY)
    assert done.last_line == "3 started"


@pytest.mark.parametrize("rate", ["5", "0/s", "-1/s", "5/d", "five/s", "0.0001/s"])
def test_what_is_no_rate_is_wrong_usage(cli: Cli, rate: str) -> None:
    done = cli("apply", "--rate", rate)
    assert done.code == 64
    assert f"{rate} is no rate: write 5/s, 100/m or 1000/h" in done.err


@pytest.mark.parametrize("concurrency", ["0", "257", "many"])
def test_a_concurrency_out_of_range_is_wrong_usage(cli: Cli, concurrency: str) -> None:
    assert cli("apply", "--concurrency", concurrency).code == 64
