"""Guards from the command line: visible in a plan, asked by an apply, and overridden one by one."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_file, a_workspace, manifests
from conftest import Cli, Finished
from servers import Say, Server, belongs_to, lists, people, says, serving

KEY = "rg_live_0123456789abcdef"
QUIET = says(200, {"status": "campaign registered successfully!", "has_ongoing_calls": False})
ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "timezone": "Asia/Kolkata"}
NEVER_NOW = ALWAYS | {"from": "00:00", "to": "00:01", "timezone": "Pacific/Apia"}


def guarded(root: Path, server: Server, guards: dict[str, Any], count: int = 2) -> None:
    """A project whose production environment has these guards, with so many manifests."""
    environment = {"base_url": server.url, "guards": guards}
    project = a_project_file(environments={"production": environment})
    a_workspace(root, *manifests(count), project=project)


def applied(cli: Cli, *arguments: str) -> Finished:
    return cli("apply", "--yes", *arguments, RINGG_API_KEY=KEY)


def planned(cli: Cli, *arguments: str) -> dict[str, Any]:
    done = cli("plan", "--format", "json", *arguments, RINGG_API_KEY=KEY)
    assert done.code == 0
    guards: dict[str, Any] = {one["guard"]: one for one in json.loads(done.out)["guards"]}
    return guards


REFUSALS = [
    ({"max_starts": 1}, {}, "max_starts: 2 starts; allowed: at most 1 start (ringg-runner.yaml:2)"),
    (
        {"max_contacts": 100},
        {"listing": people(list_1=60, list_2=60)},
        "max_contacts: 120 people; allowed: at most 100 people (ringg-runner.yaml:2)",
    ),
    (
        {"max_contacts": 100},
        {"listing": people(list_1=60)},
        "max_contacts: 60 people, and how many 1 list would add is not known; allowed: at most 100",
    ),
    (
        {"max_contacts": 100},
        {},
        "max_contacts: 0 people, and how many 2 lists would add is not known; allowed: at most 100",
    ),
    ({"start_hours": NEVER_NOW}, {}, "start_hours: closed until "),
    (
        {"stop_when_busy": True},
        {"listing": lists(other="ongoing")},
        "stop_when_busy: the server's list shows 1 ongoing; allowed: no start beside other calls",
    ),
    (
        {"workspace": "w-1"},
        {"workspace": belongs_to("w-2")},
        "workspace: the key belongs to Acme (w-2); allowed: only workspace w-1",
    ),
    (
        {"workspace": "w-1"},
        {"workspace": says(500)},
        "workspace: whose key it is is not known: the API answered, but not with a workspace: "
        "HTTP 500; allowed: only workspace w-1",
    ),
]
NAMES = [
    *("too many starts", "too many people", "one list uncounted", "no list read"),
    *("closed hours", "busy", "another workspace", "no workspace told"),
]


@pytest.mark.parametrize(("guards", "server", "said"), REFUSALS, ids=NAMES)
def test_an_apply_that_a_guard_refuses_sends_nothing_and_says_why(
    cli: Cli, tmp_path: Path, guards: dict[str, Any], server: dict[str, Any], said: str
) -> None:
    with serving(QUIET, **server) as api:
        guarded(tmp_path, api, guards)
        done = applied(cli)
    assert (done.code, done.out, api.started_lists) == (4, "", [])
    assert "error: a guard refuses this apply: nothing was sent\n" in done.err
    assert f"\n  {said}" in done.err
    assert "\nhint: " in done.err


@pytest.mark.parametrize(("guards", "server", "said"), REFUSALS, ids=NAMES)
def test_a_plan_shows_what_an_apply_would_be_refused_for(
    cli: Cli, tmp_path: Path, guards: dict[str, Any], server: dict[str, Any], said: str
) -> None:
    (name,) = guards
    with serving(QUIET, **server) as api:
        guarded(tmp_path, api, guards)
        told = planned(cli, "--refresh")[name]
    assert told["passes"] is not True
    sentence = f"{name}: {told['figure']}; allowed: {told['limit']} ({told['place']})"
    assert sentence.startswith(said)


@pytest.mark.parametrize(("guards", "server", "said"), REFUSALS, ids=NAMES)
def test_a_guard_is_overridden_by_its_own_name_and_a_reason_that_the_ledger_keeps(
    cli: Cli, tmp_path: Path, guards: dict[str, Any], server: dict[str, Any], said: str
) -> None:
    (name,) = guards
    with serving(QUIET, **server) as api:
        guarded(tmp_path, api, guards)
        done = applied(cli, "--override-guard", name, "--reason", "agreed with the client")
    assert (done.code, sorted(api.started_lists)) == (0, ["list-1", "list-2"])
    told = said.removeprefix(f"{name}: ")
    assert f"note: {name} is overridden (agreed with the client): {told}" in done.err
    trail = cli("ledger", "show", "list-1").out
    assert f'"overrides": {{"{name}": "agreed with the client"}}' in trail


def test_a_plan_without_a_look_says_what_is_not_known_yet(cli: Cli, tmp_path: Path) -> None:
    guards = {"workspace": "w-1", "max_contacts": 10, "max_starts": 5}
    with serving(QUIET) as api:
        guarded(tmp_path, api, guards)
        told = planned(cli)
    assert api.requests == []
    passes = {name: one["passes"] for name, one in told.items()}
    assert passes == {"workspace": None, "max_contacts": None, "max_starts": True}


def test_guards_that_pass_stop_nothing(cli: Cli, tmp_path: Path) -> None:
    guards = {
        "workspace": "w-1",
        "max_starts": 2,
        "max_contacts": 100,
        "stop_when_busy": True,
        "start_hours": ALWAYS | {"from": "00:00", "to": "23:59"},
    }
    with serving(QUIET, listing=people(list_1=60, list_2=40), workspace=belongs_to("w-1")) as api:
        guarded(tmp_path, api, guards)
        done = applied(cli)
    assert (done.code, api.started_lists) == (0, ["list-1", "list-2"])
    assert done.err == ""


def test_the_workspace_is_asked_although_the_list_is_not_to_be_read(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(QUIET, workspace=belongs_to("w-2")) as api:
        guarded(tmp_path, api, {"workspace": "w-1"})
        done = applied(cli, "--no-refresh")
    assert (done.code, api.started_lists, api.looks) == (4, [], [])


def test_a_key_that_is_refused_when_the_workspace_is_asked_ends_the_apply(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(QUIET, workspace=says(401)) as api:
        guarded(tmp_path, api, {"workspace": "w-1"})
        done = applied(cli)
    assert (done.code, api.started_lists) == (5, [])


def test_every_guard_that_refuses_is_told_at_once(cli: Cli, tmp_path: Path) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 1, "max_contacts": 5})
        done = applied(cli)
    assert "error: 2 guards refuse this apply: nothing was sent\n  max_starts: " in done.err
    assert "\n  max_contacts: " in done.err
    assert done.err.count("start fewer at a time") == 1


def test_one_override_leaves_the_other_guard_in_force(cli: Cli, tmp_path: Path) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 1, "start_hours": NEVER_NOW})
        done = applied(cli, "--override-guard", "max_starts", "--reason", "agreed")
    assert (done.code, api.started_lists) == (4, [])
    assert "start_hours: closed until" in done.err
    assert "max_starts" not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--override-guard", "max_starts"], "1 --override-guard, and 0 --reason"),
        (["--reason", "why"], "0 --override-guard, and 1 --reason"),
        (
            ["--override-guard", "max_contacts", "--reason", "why"],
            "--override-guard max_contacts: environment production does not set this guard",
        ),
        (["--override-guard", "max_starts", "--reason", "  "], "the reason is empty"),
        (
            [*("--override-guard", "max_starts", "--reason", "why")] * 2,
            "--override-guard max_starts is given twice",
        ),
        (["--override-guard", "HOLD", "--reason", "why"], "'HOLD' is not one of"),
        (["--override-guard", "all", "--reason", "why"], "'all' is not one of"),
    ],
)
def test_an_override_of_no_guard_is_wrong_usage(
    cli: Cli, tmp_path: Path, arguments: list[str], said: str
) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 1})
        done = applied(cli, *arguments)
    assert (done.code, api.requests, api.looks) == (64, [], [])
    assert said in done.err


def test_no_manifest_can_override_a_guard(cli: Cli, tmp_path: Path) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 1})
        (tmp_path / "campaigns" / "1.yaml").write_text(a_manifest(guards={"max_starts": 9}))
        done = applied(cli)
    assert (done.code, api.started_lists) == (3, [])
    assert "unknown key guards" in done.err


def test_without_a_start_no_guard_is_asked(cli: Cli, tmp_path: Path) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"start_hours": NEVER_NOW}, count=1)
        manifest = a_manifest(name="c1", list_id="list-1", enabled=False)
        (tmp_path / "campaigns" / "1.yaml").write_text(manifest)
        done = applied(cli)
    assert (done.code, done.last_line) == (0, "0 started, 1 held")


def test_a_file_hold_stops_the_apply_with_its_text(cli: Cli, tmp_path: Path) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 5})
        (tmp_path / "HOLD").write_text("the list of Monday was wrong\n")
        assert planned(cli)["HOLD"]["figure"] == "the list of Monday was wrong"
        done = applied(cli)
    assert (done.code, api.started_lists) == (4, [])
    assert (
        "  HOLD: the list of Monday was wrong; allowed: no start while this file is there (HOLD)\n"
        "hint: remove the file when campaigns may be started again\n"
    ) in done.err


def test_a_file_hold_is_looked_for_beside_the_project_file(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, {"max_starts": 5})
        monkeypatch.chdir(tmp_path / "campaigns")
        (tmp_path / "campaigns" / "HOLD").write_text("not here")
        assert "HOLD" not in planned(cli, ".")
        (tmp_path / "HOLD").write_text("here")
        assert planned(cli, ".")["HOLD"]["figure"] == "here"
        assert applied(cli, ".").code == 4
    assert api.started_lists == []


def holding(path: Path, after: int) -> Say:
    """Register campaigns, and write the file HOLD while the request of this number is under way."""
    answered = iter(range(1, 100))

    def say(connection: socket.socket, ended: threading.Event) -> None:
        if next(answered) == after:
            path.write_text("stop it\n")
        QUIET(connection, ended)

    return say


def test_a_file_hold_that_appears_during_a_run_lets_nothing_more_out(
    cli: Cli, tmp_path: Path
) -> None:
    with serving(holding(tmp_path / "HOLD", after=2)) as api:
        guarded(tmp_path, api, {"max_starts": 9}, count=6)
        done = applied(cli, "--concurrency", "1")
        assert (done.code, done.last_line) == (4, "2 started, 4 held")
        assert api.started_lists == ["list-1", "list-2"]
        assert "HOLD: stop it" in done.out
        (tmp_path / "HOLD").unlink()
        again = applied(cli)
    assert (again.code, again.last_line) == (0, "4 started, 2 skipped")
    assert sorted(api.started_lists) == [f"list-{n}" for n in range(1, 7)]


def test_guards_of_the_sandbox_hold_as_well(cli: Cli, tmp_path: Path) -> None:
    environment = {"base_url": "sandbox", "guards": {"max_starts": 1}}
    project = a_project_file(environments={"sandbox": environment})
    a_workspace(tmp_path, *manifests(2), project=project)
    done = cli("apply", "--env", "sandbox")
    assert done.code == 4
    overridden = ("--override-guard", "max_starts", "--reason", "rehearsal")
    done = cli("apply", "--env", "sandbox", *overridden)
    assert (done.code, done.last_line) == (0, "2 started")


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        ({"max_starts": 0}, "schema"),
        ({"max_starts": "${env.LIMIT}"}, "wrong-type"),
        ({"workspace": "${env.WORKSPACE}"}, "malformed"),
        ({"start_hours": ALWAYS | {"from": "9:00", "to": "19:00"}}, "malformed"),
        ({"start_hours": ALWAYS | {"from": "09:00", "to": "09:00"}}, "empty-hours"),
        ({"start_hours": NEVER_NOW | {"timezone": "IST"}}, "unknown-timezone"),
        ({"start_hours": NEVER_NOW | {"timezone": "../etc/passwd"}}, "unknown-timezone"),
        ({"start_hours": NEVER_NOW | {"timezone": "Asia"}}, "unknown-timezone"),
        ({"max_calls": 3}, "unknown-key"),
    ],
)
def test_a_guard_that_is_not_understood_is_an_error(
    cli: Cli, tmp_path: Path, guards: dict[str, Any], said: str
) -> None:
    with serving(QUIET) as api:
        guarded(tmp_path, api, guards)
        done = applied(cli)
    assert (done.code, api.requests) == (3, [])
    assert f"[{said}]" in done.err


def test_a_run_keeps_the_key_whose_workspace_was_asked_for(cli: Cli, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(KEY)

    def changes_the_key(connection: socket.socket, ended: threading.Event) -> None:
        key_file.write_text("rg_live_of_another_workspace_1")
        QUIET(connection, ended)

    with serving(changes_the_key, workspace=belongs_to("w-1")) as api:
        environment = {
            "base_url": api.url,
            "api_key_file": str(key_file),
            "guards": {"workspace": "w-1"},
        }
        project = a_project_file(environments={"production": environment})
        a_workspace(tmp_path, *manifests(4), project=project)
        done = applied(cli, "--concurrency", "1")
    assert (done.code, len(api.started_lists)) == (0, 4)
    assert {request.headers["x-api-key"] for request in api.requests} == {KEY}
