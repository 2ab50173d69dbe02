"""`init`: a project that works at once, and one that an API fills."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build import write
from conftest import Cli
from servers import Say, hangs_up, says, serving

from ringg_runner.authoring import schemas

KEY = "rg_live_0123456789abcdef"
WRITTEN = [
    "campaigns/first-campaign.yaml",
    "ringg-runner.yaml",
    "schemas/campaign.schema.json",
    "schemas/project.schema.json",
]
WORKSPACE = says(200, {"workspace_info": {"id": "ws-1", "name": "Acme", "api_key": KEY}})
NONE = says(404, {"message": f"no {KEY}"})


def files(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(found)


def rows(key: str, *found: dict[str, Any]) -> Say:
    return says(200, {key: list(found)})


@pytest.mark.parametrize("folder", [".", "shop", "deep/er/shop"])
def test_a_starter_is_valid_and_is_applied_to_the_sandbox_at_once(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    done = cli("init") if folder == "." else cli("init", folder)
    assert (done.code, done.err) == (0, "")
    assert files(tmp_path / folder) == WRITTEN
    monkeypatch.chdir(tmp_path / folder)
    checked = cli("validate")
    assert checked.out == "0 errors, 0 warnings in 1 manifest of 1 file\n"
    assert cli("plan").last_line == "1 to start"
    assert cli("apply").last_line == "1 started"
    assert cli("apply").last_line == "0 started, 1 skipped"


def test_what_is_written_and_what_to_do_next_is_told(cli: Cli) -> None:
    lines = cli("init", "my shop").out.splitlines()
    assert lines[0] == "wrote my shop/ringg-runner.yaml"
    assert lines[-4:] == [
        "Next, in 'my shop':",
        "  ringg-runner validate",
        "  ringg-runner plan",
        "  ringg-runner apply       # to the sandbox: nobody is called",
    ]


def test_nothing_is_left_for_git_that_is_not_meant_for_it(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli("apply")
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    seen = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert seen.stdout.splitlines() == WRITTEN


def test_everything_in_the_way_is_listed_and_nothing_is_written(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "ringg-runner.yaml", "mine")
    write(tmp_path / "schemas", "a file")
    done = cli("init", RINGG_API_KEY=KEY)
    assert (done.code, done.out) == (3, "")
    assert "already there in .: ringg-runner.yaml, schemas\n" in done.err
    assert files(tmp_path) == ["ringg-runner.yaml", "schemas"]


def test_the_schemas_are_those_that_are_checked_with_and_editors_find_them(
    cli: Cli, tmp_path: Path
) -> None:
    cli("init")
    for name in ("campaign", "project"):
        schema = tmp_path / "schemas" / f"{name}.schema.json"
        assert schema.read_text() == schemas.text(name)
    for file in (tmp_path / "ringg-runner.yaml", tmp_path / "campaigns" / "first-campaign.yaml"):
        modelines = file.read_text().splitlines()[:2]
        assert modelines[0].startswith("# yaml-language-server: $schema=")
        assert modelines[1].startswith("# $schema: ")
        for line in modelines:
            assert (file.parent / line.replace("=", " ").split()[-1]).is_file()


# --- filled by an API


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write(
        tmp_path / "world.yaml",
        """\
workspace: {id: ws-1, name: Rehearsal}
agents: [agent-renewals]
lists:
  - {id: list-diwali, name: "Diwali +91 98123 45678", agent_id: agent-renewals, contacts: 98}
number_pools: [pool-india, "1_0"]
users: [{id: user-ops, username: ops, email: ops@example.com}]
""",
    )


@pytest.fixture
def sandbox(workspace: Path) -> Iterator[str]:
    """The base URL of a sandbox with a workspace of its own, in a process of its own."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ringg_runner",
            "sandbox",
            "--port",
            "0",
            "--api-key",
            KEY,
            "--workspace",
            workspace,
        ],
        cwd=workspace.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_a_project_is_filled_with_what_the_api_lists(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: str
) -> None:
    done = cli("init", "shop", "--from-api", "--base-url", sandbox, RINGG_API_KEY=KEY)
    assert done.code == 0
    assert done.err.startswith("workspace Rehearsal (ws-1)\n")
    project = (tmp_path / "shop" / "ringg-runner.yaml").read_text()
    assert (
        project[project.index("  production:") :]
        == f"""\
  production:
    base_url: {sandbox}
    api_key_env: RINGG_API_KEY
    agents:
      agent-renewals: agent-renewals
    lists:
      diwali: list-diwali  # Diwali, calls 98 people, for agents.agent-renewals
    # the API lists numbers, and by them the pools that have any; pools have no names there
    number_pools:
      pool-1: "1_0"  # 1 number
      pool-2: pool-india  # 1 number
    users:
      ops: user-ops
"""
    )
    monkeypatch.chdir(tmp_path / "shop")
    assert cli("validate").code == 0
    assert cli("apply").last_line == "0 started, 1 held"
    manifest = tmp_path / "shop" / "campaigns" / "first-campaign.yaml"
    manifest.write_text(manifest.read_text().replace("enabled: false\n", ""))
    applied = cli("apply", "--env", "production", "--yes", RINGG_API_KEY=KEY)
    assert applied.last_line == "1 started (98 people)"


def test_another_environment_and_variable_are_written_as_they_are_named(
    cli: Cli, tmp_path: Path, sandbox: str
) -> None:
    names = ("--env", "staging", "--api-key-env", "STAGING_KEY", "--base-url", f"{sandbox}/")
    assert cli("init", "shop", "--from-api", *names, STAGING_KEY=KEY).code == 0
    project = (tmp_path / "shop" / "ringg-runner.yaml").read_text()
    assert f"  staging:\n    base_url: {sandbox}\n    api_key_env: STAGING_KEY\n" in project


def test_what_cannot_be_listed_is_said_in_the_file_and_on_stderr(cli: Cli, tmp_path: Path) -> None:
    users = rows("workspace_users", {"id": "u-1", "username": f"Asha {KEY} 9812345678"})
    with serving(WORKSPACE, NONE, NONE, users, users) as server:
        done = cli("init", "shop", "--from-api", "--base-url", server.url, RINGG_API_KEY=KEY)
    assert done.code == 0
    project = (tmp_path / "shop" / "ringg-runner.yaml").read_text()
    said = "number pools are not all read: HTTP 404: no [hidden]"
    assert f"    # {said}\n    # number_pools: none known\n" in project
    assert f"number_pools: {said}\n" in done.err
    assert "lists: none known; until one is in the project file, validate says so\n" in done.err
    assert "users:\n      asha" in project
    for secret in (KEY, "9812345678"):
        assert secret not in project + done.out + done.err


def test_until_what_is_missing_is_filled_in_validate_says_so(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = rows("agents", {"id": "a-1", "agent_display_name": "Sales"})
    with serving(WORKSPACE, agents, agents, NONE) as server:
        cli("init", "shop", "--from-api", "--base-url", server.url, RINGG_API_KEY=KEY)
    monkeypatch.chdir(tmp_path / "shop")
    done = cli("validate", "--format", "concise")
    assert done.code == 3
    assert "unknown reference ${lists.first} in environment production" in done.out
    assert cli("apply").code == 0


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ((says(401, {"message": f"no {KEY}"}),), 5, "the API refused the key"),
        ((hangs_up,), 1, "the API did not answer"),
        ((WORKSPACE, NONE), 1, "lists nothing: /agent/all: HTTP 404: no [hidden]; /campaign/all"),
    ],
)
def test_an_api_that_tells_nothing_leaves_nothing_behind(
    cli: Cli, tmp_path: Path, answer: tuple[Say, ...], code: int, said: str
) -> None:
    with serving(*answer) as server:
        done = cli("init", "shop", "--from-api", "--base-url", server.url, RINGG_API_KEY=KEY)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert KEY not in done.err
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--env", "production"), 64, "add --from-api"),
        (("--base-url", "https://api.example.com"), 64, "add --from-api"),
        (("--from-api", "--env", "sandbox"), 64, "the sandbox lists nothing of yours"),
        (("--from-api", "--env", "a b"), 64, "a b is not a name"),
        (("--from-api", "--api-key-env", "rg-live.0"), 64, "is not a name"),
        (("--from-api", "--base-url", "http://api.example.com"), 64, "--base-url is not an https"),
        (("--from-api",), 3, "no API key: the environment variable RINGG_API_KEY is empty"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anybody_is_asked(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = cli("init", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert files(tmp_path) == []
