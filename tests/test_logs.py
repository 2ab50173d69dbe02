"""The log in JSON: one object a line in the shape of its schema, and no secret in any of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from build import (
    NOW,
    a_campaign,
    a_finding,
    a_manifest,
    a_plan,
    a_project_at,
    a_project_file,
    a_workspace,
    an_environment,
    manifests,
    write,
)
from conftest import Cli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from runners import FakeApi, FakeClock, Runner, campaigns
from servers import Say, hangs_up, lists, says, serving

from ringg_runner.api.answers import Answer, Reply
from ringg_runner.api.server_list import Listing, Row, Unreadable
from ringg_runner.api.verdict import Verdict
from ringg_runner.authoring import schemas
from ringg_runner.campaigns import Campaign, StartRequest
from ringg_runner.cli.output import asks_for_json, logging_as
from ringg_runner.cli.progress import watching
from ringg_runner.diagnostics import Position, Severity
from ringg_runner.report import events
from ringg_runner.report.speed import Speed
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Attempt, Evidence, Outcome, Result, Run, Stop
from ringg_runner.waiting import End, Seen, Waited, Waiting

KEY = "rg_live_0123456789abcdef"
COMMAND = (sys.executable, "-m", "ringg_runner")
APPLY = ("apply", "--yes", "--log-format")
REGISTERED = says(200, {"status": "campaign registered successfully!"})
SCHEMA = schemas.load("log")
VALIDATOR = Draft7Validator(SCHEMA)


def logged(err: str) -> list[dict[str, Any]]:
    """Every line of stderr as the event that it is."""
    found = [json.loads(line) for line in err.splitlines()]
    for event in found:
        VALIDATOR.validate(event)
    return found


def of_kind(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in found if event["event"] == kind]


def in_environment(**variables: str) -> dict[str, str]:
    ours = {"CI": "", "RINGG_API_KEY": KEY, "PYTHONWARNINGS": "error"}
    return {**os.environ, **ours, **variables}


RUN = events.RunEvents("run-1", an_environment())
STATUS = events.RunEvents(None, an_environment())
NOT_LOOKED = Waiting((Seen(a_campaign()),))
ROW = Row(a_campaign().list_id, "ongoing", people=7)
LOOKED = NOT_LOOKED.after(Listing({ROW.list_id: ROW}), NOW)
RESULT = Result(a_campaign(), Outcome.STARTED, "registered", Evidence.ANSWER)


def an_attempt(verdict: Verdict, status: int | None = None) -> Attempt:
    return Attempt(1, NOW, 0.25, status, verdict, "what was said")


def a_run(*outcomes: Outcome, stopped: Stop | None = None) -> Run:
    results = tuple(Result(a_campaign(), outcome, "") for outcome in outcomes)
    later = NOW + timedelta(seconds=2.5)
    return Run("run-1", an_environment(), NOW, later, results, stopped)


EVENTS = [
    events.message("settled", "info"),
    events.finding(a_finding()),
    events.finding(a_finding(end=Position(2, 1), hint="mend it", severity=Severity.WARNING)),
    events.error("no API key", "put it there", 3),
    RUN.started(a_plan()),
    *(RUN.attempt(a_campaign(), an_attempt(verdict)) for verdict in Verdict),
    RUN.attempt(a_campaign(), an_attempt(Verdict.STARTED, 200)),
    *(RUN.outcome(Result(a_campaign(), outcome, "so it is")) for outcome in Outcome),
    RUN.outcome(RESULT),
    RUN.progress(Tally(7), Speed()),
    RUN.progress(Tally(7, Counter({Outcome.STARTED: 3}), paused_for=0.5), Speed(640.2, 30.6)),
    RUN.ended(a_run(Outcome.STARTED)),
    RUN.ended(a_run(Outcome.CANCELLED, stopped=Stop.INTERRUPTED)),
    RUN.watch(LOOKED, 30),
    RUN.watch(NOT_LOOKED.after(Listing(), NOW), 30),
    STATUS.watch(LOOKED.after(Unreadable("HTTP 500"), NOW), 45),
    STATUS.watch(Waiting(()), 30),
    RUN.watch_ended(Waited(Waiting(()), End.OVER, 0, 60)),
    STATUS.watch_ended(Waited(LOOKED, End.LIMIT, 60, 60)),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event["event"]))
def test_an_event_has_the_shape_and_the_order_of_its_schema(event: dict[str, Any]) -> None:
    (written,) = logged(events.encode(event, NOW))
    shape = SCHEMA["definitions"][event["event"]]
    assert list(written) == list(shape["properties"]) == shape["required"]
    assert written["at"] == "2026-12-01T04:00:00.000Z"


def test_every_shape_of_the_schema_has_an_event() -> None:
    kinds = {branch["$ref"].rpartition("/")[2] for branch in SCHEMA["oneOf"]}
    assert kinds == {event["event"] for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event["event"]))
def test_a_key_more_or_less_is_another_shape(event: dict[str, Any]) -> None:
    whole = {"at": "2026-12-01T04:00:00.000Z", **event}
    assert VALIDATOR.is_valid(whole)
    assert not VALIDATOR.is_valid(whole | {"surplus": 1})
    for key in whole:
        assert not VALIDATOR.is_valid({k: value for k, value in whole.items() if k != key})


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (RUN.attempt(a_campaign(), an_attempt(Verdict.ALREADY_STARTED)), "info"),
        (RUN.attempt(a_campaign(), an_attempt(Verdict.AMBIGUOUS)), "warning"),
        (RUN.attempt(a_campaign(), an_attempt(Verdict.KEY_REFUSED)), "error"),
        (RUN.outcome(Result(a_campaign(), Outcome.HELD, "")), "info"),
        (RUN.outcome(Result(a_campaign(), Outcome.CANCELLED, "")), "warning"),
        (RUN.outcome(Result(a_campaign(), Outcome.UNRESOLVED, "")), "error"),
        (RUN.ended(a_run(Outcome.STARTED)), "info"),
        (RUN.ended(a_run(Outcome.FAILED)), "error"),
        (events.finding(a_finding(severity=Severity.INFO)), "info"),
        (RUN.watch(LOOKED, 30), "info"),
        (RUN.watch(LOOKED.after(Unreadable("HTTP 500"), NOW), 30), "warning"),
        (RUN.watch_ended(Waited(Waiting(()), End.OVER, 0, 60)), "info"),
        (RUN.watch_ended(Waited(LOOKED, End.LIMIT, 60, 60)), "error"),
    ],
)
def test_a_level_says_whether_somebody_should_look(event: dict[str, Any], level: str) -> None:
    assert event["level"] == level


@given(st.text())
def test_whatever_is_said_is_one_line_of_ascii_and_reads_back(said: str) -> None:
    line = events.encode(events.message(said, "info"), NOW)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["message"] == said


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ("plan --log-format json", True),
        ("plan --log-format=json a.yaml", True),
        ("plan --log-format json --log-format text", False),
        ("plan --log-format text --log-format=json", True),
        ("plan", False),
        ("plan --log-format", False),
        ("plan --log-format xml", False),
        ("plan -- --log-format json", False),
        ("plan --log-formats json", False),
        ("plan json", False),
    ],
)
def test_a_command_line_says_how_its_own_mistakes_are_told(arguments: str, asked: bool) -> None:
    assert asks_for_json(arguments.split()) is asked


def test_a_run_is_told_from_its_start_to_its_end(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists(list_2="ongoing")) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        done = cli(
            *("apply", "--yes", "--format", "json", "--log-format", "json"), RINGG_API_KEY=KEY
        )
    found, document = logged(done.err), json.loads(done.out)
    assert (found[0]["event"], found[-1]["event"]) == ("run_started", "run_ended")
    assert {event["run_id"] for event in found} == {document["run_id"]}
    assert {event["base_url"] for event in found} == {server.url}
    (attempt,) = of_kind(found, "attempt")
    (sent,) = document["campaigns"][0]["attempts"]
    same = ("n", "status", "verdict", "seconds", "detail")
    assert [attempt[key] for key in same] == [sent[key] for key in same]
    outcomes = {event["name"]: event for event in of_kind(found, "outcome")}
    for campaign in document["campaigns"]:
        told = outcomes[campaign["name"]]
        for key in ("file", "line", "list_id", "outcome", "reason", "evidence"):
            assert told[key] == campaign[key]
    assert found[0]["counts"] == {"start": 1, "skip": 1, "hold": 0}
    assert found[-1]["counts"] == document["summary"]
    assert found[-1]["exit_code"] == document["exit_code"]


def test_an_attempt_is_told_when_it_was_made_and_an_outcome_when_it_is_recorded(
    tmp_path: Path,
) -> None:
    told, second_is_over = list[tuple[str, str]](), asyncio.Event()

    class Heard:
        def attempted(self, campaign: Campaign, attempt: Attempt) -> None:
            told.append(("attempt", campaign.name))

        def ended(self, result: Result) -> None:
            told.append(("outcome", result.campaign.name))
            if result.campaign.name == "c2":
                second_is_over.set()

    class FirstIsSlow(FakeApi):
        async def start(self, request: StartRequest) -> Reply:
            if request.list_id == "list-1":
                await second_is_over.wait()
            return await super().start(request)

    answer = Answer(200, {}, ("registered",))
    runner = Runner(FirstIsSlow([answer, answer]), tmp_path)
    with runner.ledger() as ledger:
        plan = runner.plan(ledger, *campaigns(2))
        executor = replace(runner.executor(ledger), concurrency=2, witness=Heard())
        asyncio.run(executor.run(plan, runner.reported.append))
    assert told == [("attempt", "c2"), ("outcome", "c2"), ("attempt", "c1"), ("outcome", "c1")]
    assert [result.campaign.name for result in runner.reported] == ["c1", "c2"]


HOSTILE: list[Say] = [
    says(200, {"status": f"welcome {KEY}"}),
    says(400, {KEY: f"your key {KEY.upper()} is wrong"}),
    says(400, {"message": f"already started by {KEY}\r\n\x1b[2J\u2028\u202e"}),
    says(401, {"message": f"key {KEY} is invalid"}),
    says(402, f"<p>{KEY}</p>"),
    says(500, f"Traceback: X-API-KEY={KEY}"),
    says(302, location=f"https://example.com/?key={KEY}"),
    says(429, KEY, retry_after=KEY),
    hangs_up,
]
WORDS = {"campaigns": [{"id": "list-1", "campaign_status": f"draft {KEY}"}], "pagination": {}}


@pytest.mark.parametrize(
    "listing", [says(403, {"message": KEY}), says(200, WORDS)], ids=["unreadable", "words"]
)
@pytest.mark.parametrize("say", HOSTILE)
def test_no_answer_makes_the_log_tell_a_secret(
    cli: Cli, tmp_path: Path, caplog: pytest.LogCaptureFixture, say: Say, listing: Say
) -> None:
    private = "s3cret-hook"
    texts = [
        a_manifest(name=name, list_id=name, callback_url="https://hooks.example.com/${env.HOOK}")
        for name in ("list-1", "list-2")
    ]
    echoed = says(400, {"message": f"https://hooks.example.com/{private} is no URL"})
    with serving(say, echoed, listing=listing) as server:
        a_project_at(tmp_path, server.url, *texts)
        done = cli(
            *("apply", "--yes", "--settle", "0.1", "--concurrency", "1", "--log-format", "json"),
            RINGG_API_KEY=KEY,
            HOOK=private,
        )
    assert len(of_kind(logged(done.err), "outcome")) == 2
    assert done.err.isascii()
    for secret in (KEY, private):
        assert secret not in (done.out + done.err + caplog.text).lower()


def test_each_line_of_every_command_is_an_event(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(list_id=12))
    for command in ("plan", "apply", "status"):
        done = cli(command, "--log-format", "json")
        finding, error = logged(done.err)
        assert (done.code, done.out) == (3, "")
        assert finding["rule"] == "wrong-type"
        assert (finding["file"], finding["line"], finding["column"]) == ("campaigns/1.yaml", 4, 10)
        assert error["message"] == "1 error found: nothing was sent"
        assert error["exit_code"] == 3


def test_what_is_known_of_manifests_is_told_as_findings(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(), project=a_project_file(rules={"non-uuid-id": "warning"}))
    done = cli("plan", "--log-format=json")
    found = logged(done.err)
    assert done.code == 0
    assert {(event["event"], event["level"]) for event in found} == {("finding", "warning")}


def test_a_warning_has_its_level(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    write(tmp_path / ".ringg-runner" / "ledger.db", "not a database, " * 100)
    (event,) = logged(cli("plan", "--log-format", "json").err)
    assert event["level"] == "warning"
    assert event["message"].startswith("the ledger is not read: ")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("plan", "--nonsense", "--log-format", "json"), "try ringg-runner plan --help"),
        (("aply", "--log-format=json"), "try ringg-runner --help"),
    ],
)
def test_wrong_usage_is_an_event(cli: Cli, arguments: tuple[str, ...], hint: str) -> None:
    done = cli(*arguments)
    (event,) = logged(done.err)
    assert (event["event"], event["exit_code"], done.code) == ("error", 64, 64)
    assert event["hint"] == hint


def test_an_unknown_format_is_wrong_usage(cli: Cli) -> None:
    done = cli("plan", "--log-format", "xml")
    assert done.code == 64
    assert done.err.startswith("Usage: ")


def test_quiet_keeps_what_happened_and_leaves_notes_out(cli: Cli, tmp_path: Path) -> None:
    for options, notes in (((), 1), (("-q",), 0)):
        with serving(REGISTERED, listing=lists()) as server:
            folder = tmp_path / str(notes)
            a_project_at(folder, server.url)
            done = cli(
                *("apply", "--yes", "--log-format", "json", *options),
                *("--project", str(folder / "ringg-runner.yaml")),
                CI="1",
                RINGG_API_KEY=KEY,
            )
        kinds = Counter(event["event"] for event in logged(done.err))
        assert kinds == Counter(
            message=notes, run_started=1, attempt=1, outcome=1, run_ended=1
        ) - Counter(message=1 - notes)


def test_progress_is_told_as_events_and_without_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    clock, tally = FakeClock(), Tally(20_000, Counter({Outcome.STARTED: 398}), in_flight=32)
    told = threading.Event()

    class Told(events.RunEvents):
        def progress(self, tally: Tally, speed: Speed) -> dict[str, Any]:
            told.set()
            return RUN.progress(tally, speed)

    with (
        logging_as(json=True),
        watching(
            tally, a_plan(), clock, results=True, every=0.01, events=Told("r", an_environment())
        ),
    ):
        clock.seconds = 60
        assert told.wait(30)
    first, *_ = logged(capsys.readouterr().err)
    assert (first["event"], first["done"], first["total"]) == ("progress", 398, 20_000)
    assert (first["counts"]["started"], first["in_flight"]) == (398, 32)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("way", ["2>/dev/full", "2>&-", "2> >(exit)"])
def test_a_log_that_cannot_be_written_stops_no_run(
    tmp_path: Path, way: str, log_format: str, unbuffered: str
) -> None:
    # The list cannot be read: text has something to say too.
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url, *manifests(3))
        done = subprocess.run(
            ["bash", "-c", f'"$@" {way}', "-", *COMMAND, *APPLY, log_format],
            cwd=tmp_path,
            env=in_environment(PYTHONUNBUFFERED=unbuffered),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, len(server.requests)) == (0, 3)
    assert done.stdout.splitlines()[-1] == "3 started"


def test_the_question_stays_text_and_everything_after_it_is_events(tmp_path: Path) -> None:
    master, slave = os.openpty()
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        process = subprocess.Popen(
            [*COMMAND, "apply", "--log-format", "json"],
            cwd=tmp_path,
            env=in_environment(),
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(master, b"production\n")
        out, err = process.communicate(timeout=30)
    os.close(master)
    os.close(slave)
    asked, _, log = err.partition("[no]: ")
    assert asked.startswith(f"Plan for production ({server.url})")
    assert "This calls people" in asked
    assert [event["event"] for event in logged(log)] == [
        *("run_started", "attempt", "outcome", "run_ended"),
    ]
    assert (process.returncode, out.splitlines()[-1]) == (0, "1 started")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_result_that_stdout_does_not_take_is_told_in_events(tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "apply", "--env", "sandbox", "--format", "json", "--log-format", "json"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    *_, failure, result = logged(done.stderr)
    assert (failure["level"], done.returncode) == ("error", 1)
    assert failure["message"].startswith("the result could not be written")
    assert json.loads(result["message"])["summary"]["started"] == 1
