"""The other commands, and what the command line itself answers for."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from build import a_manifest, a_project_file, a_workspace, write
from conftest import Cli
from jsonschema import Draft7Validator
from servers import closed_port, says, serving

from ringg_runner import __version__
from ringg_runner.authoring import schemas
from ringg_runner.cli import COMMANDS

KEY = "rg_live_0123456789abcdef"


def test_the_version_is_told(cli: Cli) -> None:
    assert cli("--version").out == f"ringg-runner {__version__}\n"


def test_as_a_module_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ringg_runner", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ringg_runner", run_name="__main__")
    assert (ended.value.code, capfd.readouterr().out) == (0, f"ringg-runner {__version__}\n")


def test_help_names_every_command(cli: Cli) -> None:
    done = cli("--help")
    assert done.code == 0
    assert all(f"  {command}" in done.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli: Cli, command: str) -> None:
    done = cli(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: ")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("aply",),
        ("plan", "--frmat", "json"),
        ("plan", "--format", "xml"),
        ("apply", "--timeout", "0"),
        ("schema", "nothing"),
        ("sandbox", "--port", "99999"),
        ("plan", "--env", "nowhere"),
    ],
)
def test_wrong_usage_has_a_code_of_its_own(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    a_workspace(tmp_path, a_manifest())
    done = cli(*arguments)
    assert (done.code, done.out) == (64, "")
    assert done.err


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
@pytest.mark.parametrize("paths", [(), ("empty",), ("nosuch.yaml",)])
def test_a_selection_that_matches_nothing_is_an_error(
    cli: Cli, tmp_path: Path, command: str, paths: tuple[str, ...]
) -> None:
    (tmp_path / "empty").mkdir()
    done = cli(command, *paths)
    assert done.code == 3
    assert "nothing selected" in done.err or "no such file" in done.err + done.out


def test_an_invalid_project_file_stops_every_command(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(), project="version: 1\nmanifest: [a]\n")
    for command in ("validate", "plan", "apply", "check"):
        done = cli(command)
        assert done.code == 3
        said = done.out if command == "validate" else done.err
        assert "ringg-runner.yaml:2:1: error: unknown key manifest" in said
        assert "did you mean manifests?" in said


def test_valid_manifests_are_counted(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest() + "---\n" + a_manifest(name="b", list_id="b"))
    done = cli("validate")
    assert (done.code, done.err) == (0, "")
    assert done.out == "0 errors, 0 warnings in 2 manifests of 1 file\n"


def test_every_finding_of_every_file_is_told_with_its_place(cli: Cli, tmp_path: Path) -> None:
    a_workspace(
        tmp_path,
        a_manifest(list_id=12, agentid="x"),
        a_manifest(agent_id="${agents.none}"),
        "a: b: c",
    )
    done = cli("validate", "--format", "concise")
    lines = done.out.splitlines()
    assert done.code == 3
    assert [line.split(" ")[0] for line in lines[:-1]] == [
        "campaigns/1.yaml:4:10:",
        "campaigns/1.yaml:6:1:",
        "campaigns/2.yaml:3:12:",
        "campaigns/3.yaml:1:5:",
    ]
    assert lines[0] == (
        "campaigns/1.yaml:4:10: error: list_id must be text, and 12 is a number;"
        ' quote it: "12" [wrong-type]'
    )
    assert done.last_line == "4 errors, 0 warnings in 2 manifests of 3 files"


def test_findings_as_json_fit_their_schema(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(list_id=12), "# nothing\n")
    done = cli("validate", "--format", "json")
    document = json.loads(done.out)
    Draft7Validator(schemas.load("diagnostics")).validate(document)
    assert (document["errors"], document["warnings"], done.code) == (1, 1, 3)
    assert document["diagnostics"][0] == {
        "file": "campaigns/1.yaml",
        "line": 4,
        "column": 10,
        "end": {"line": 4, "column": 12},
        "severity": "error",
        "rule": "wrong-type",
        "message": "list_id must be text, and 12 is a number",
        "hint": 'quote it: "12"',
    }


def test_a_manifest_can_come_from_standard_input(cli: Cli) -> None:
    done = cli("plan", "-", stdin=a_manifest().encode())
    assert done.code == 0
    assert "<stdin>:1" in done.out


def test_a_plan_is_a_table_with_its_summary_last(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(), a_manifest(name="b", list_id="b", enabled=False))
    done = cli("plan")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0] == "Plan for production (https://prod-api.ringg.ai/ca/api/v0)"
    assert lines[3].split()[:3] == ["start", "diwali-renewals", "list-1"]
    assert lines[4].split()[:3] == ["hold", "b", "b"]
    assert lines[-1] == "1 to start, 1 on hold"


def test_a_plan_says_what_was_not_checked(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    assert len(cli("plan").not_checked) == 3


def test_a_plan_as_json_fits_its_schema_and_holds_the_exact_request(
    cli: Cli, tmp_path: Path
) -> None:
    a_workspace(tmp_path, a_manifest(callback_url="https://example.com/${name}"))
    document = json.loads(cli("plan", "--format", "json").out)
    Draft7Validator(schemas.load("plan")).validate(document)
    assert document["summary"] == {"start": 1, "skip": 0, "hold": 0}
    assert document["campaigns"][0]["request"] == {
        "method": "POST",
        "url": "https://prod-api.ringg.ai/ca/api/v0/campaign/v2/start",
        "body": {
            "agent_id": "agent-1",
            "list_id": "list-1",
            "number_pool_id": "pool-1",
            "callback_url": "https://example.com/diwali-renewals",
        },
    }


def test_the_same_manifests_give_the_same_bytes(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *(a_manifest(name=f"c{n}", list_id=f"l{n}") for n in range(9)))
    plan = cli("plan", "--format", "json").out
    assert cli("plan", "--format", "json").out == plan
    files = [f"campaigns/{n}.yaml" for n in (5, 1, 9, 3, 2, 4, 6, 8, 7)]
    assert cli("plan", "--format", "json", *files).out == plan


def test_verbose_shows_each_request_without_what_is_private(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(callback_url="https://example.com/${env.TOKEN}"))
    done = cli("plan", "-v", TOKEN="s3cr3t")
    assert "POST https://prod-api.ringg.ai/ca/api/v0/campaign/v2/start" in done.out
    assert "callback_url: [hidden]" in done.out
    assert "s3cr3t" not in done.out


def test_warnings_go_to_stderr_and_stop_nothing(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(), "# nothing\n")
    done = cli("plan", "--format", "json")
    assert done.code == 0
    assert "campaigns/2.yaml:1:1: warning: " in done.err
    json.loads(done.out)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_printed_as_it_is_shipped(cli: Cli, name: str) -> None:
    assert cli("schema", name).out == schemas.text(name)


def test_check_tells_whose_key_it_is(cli: Cli, tmp_path: Path) -> None:
    info = says(200, {"workspace_info": {"id": "w-1", "name": "Acme", "api_key": KEY}})
    with serving(info) as server:
        settings = a_project_file(environments={"production": {"base_url": server.url}})
        write(tmp_path / "ringg-runner.yaml", settings)
        done = cli("check", RINGG_API_KEY=KEY)
    assert done.code == 0
    assert done.last_line == "key accepted: workspace Acme (w-1)"
    assert KEY not in done.out + done.err


def test_check_works_in_the_sandbox_without_a_key(cli: Cli) -> None:
    assert cli("check", "--env", "sandbox").last_line.startswith("key accepted: workspace Sandbox")


@pytest.mark.parametrize(("status", "code"), [(401, 5), (403, 5), (500, 1), (404, 1)])
def test_check_tells_what_is_wrong(cli: Cli, tmp_path: Path, status: int, code: int) -> None:
    with serving(says(status, {"message": f"no {KEY}"})) as server:
        settings = a_project_file(environments={"production": {"base_url": server.url}})
        write(tmp_path / "ringg-runner.yaml", settings)
        done = cli("check", RINGG_API_KEY=KEY)
    assert done.code == code
    assert str(status) in done.err
    assert KEY not in done.out + done.err


def test_check_tells_that_nobody_answers(cli: Cli, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/v0"
    settings = a_project_file(environments={"production": {"base_url": url}})
    write(tmp_path / "ringg-runner.yaml", settings)
    done = cli("check", RINGG_API_KEY=KEY)
    assert done.code == 1
    assert "the API did not answer" in done.err


def test_a_sandbox_that_cannot_have_its_port_says_so(cli: Cli) -> None:
    with serving(says(200)) as server:
        port = server.url.split(":")[2].split("/")[0]
        done = cli("sandbox", "--port", port)
    assert done.code == 1
    assert f"port {port} cannot be had" in done.err


def test_a_sandbox_with_a_broken_workspace_file_says_so(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "world.yaml", "agents: 3\n")
    done = cli("sandbox", "--workspace", "world.yaml")
    assert done.code == 3
    assert "world.yaml" in done.err


def test_a_sandbox_that_cannot_remember_says_so(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "state.db", "not a database, " * 100)
    done = cli("sandbox", "--port", "0", "--state", "state.db")
    assert done.code == 1
    assert "state.db" in done.err
