"""The hooks for pre-commit, run by pre-commit itself.

They run with the ringg-runner that is installed here, which takes no time. `.ci/hooks` lets
pre-commit build the environment that it would build for others.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from build import a_manifest, a_project_file, a_workspace, manifests, write
from conftest import Cli

ROOT = Path(__file__).parent.parent
EACH, WHOLE = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed"
)


def run(folder: Path, *hooks: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Commit nothing, but let pre-commit look at everything as if it were to be."""
    local = [hook | {"language": "system", "verbose": True} for hook in hooks]
    config = {"repos": [{"repo": "local", "hooks": local}]}
    return run_config(folder, yaml.safe_dump(config))


def run_config(folder: Path, config: str) -> subprocess.CompletedProcess[str]:
    write(folder / ".pre-commit-config.yaml", config)
    variables = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder.parent),
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
    }
    for git in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *git], cwd=folder, env=variables, check=True)
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "repository"


def test_a_project_without_mistakes_is_let_through(repository: Path) -> None:
    # Whether an alias is unused, only the whole project can tell.
    project = a_project_file(environments={"production": {"agents": {"unused": "a"}}})
    a_workspace(repository, *manifests(3), project=project)
    done = run(repository, EACH, WHOLE)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2
    assert "0 errors, 0 warnings in 3 manifests of 4 files" in done.stdout
    assert "in 3 manifests of 3 files" in done.stdout


@pytest.mark.parametrize("hook", [EACH, WHOLE], ids=["each", "whole"])
def test_a_mistake_stops_the_commit_and_is_told_with_its_place(
    repository: Path, hook: dict[str, Any]
) -> None:
    a_workspace(repository, a_manifest(agent_id="${agents.none}"), project=a_project_file())
    done = run(repository, hook)
    assert done.returncode == 1
    assert "campaigns/1.yaml:3:12: error: unknown reference ${agents.none}" in done.stdout


@pytest.mark.parametrize("hook", [EACH, WHOLE], ids=["each", "whole"])
def test_a_mistake_in_the_project_file_is_told_as_one(
    repository: Path, hook: dict[str, Any]
) -> None:
    a_workspace(repository, a_manifest(), project="version: 1\nmanifest: [a]\n")
    done = run(repository, hook)
    assert done.returncode == 1
    assert "ringg-runner.yaml:2:1: error: unknown key manifest" in done.stdout


def test_two_files_with_one_list_are_found_however_many_there_are(repository: Path) -> None:
    # So many that pre-commit would hand them out in several batches.
    a_workspace(repository, *manifests(60), a_manifest(name="last", list_id="list-1"))
    done = run(repository, WHOLE)
    assert done.returncode == 1
    assert done.stdout.count("[duplicate-list]") == 1


def test_files_that_are_no_manifests_are_left_alone(repository: Path) -> None:
    a_workspace(repository, a_manifest(), project=a_project_file())
    write(repository / ".github" / "workflows" / "ci.yaml", "on: push\n")
    write(repository / "campaigns" / "notes.txt", "not: [yaml")
    assert run(repository, EACH, WHOLE).returncode == 0


def test_a_project_below_the_root_is_named_as_the_page_says(repository: Path) -> None:
    project = a_project_file(environments={"production": {"agents": {"a": "agent-1"}}})
    a_workspace(repository / "marketing", a_manifest(agent_id="${agents.a}"), project=project)
    (shown,) = yaml.safe_load(_blocks()[1])
    for hook in (EACH, WHOLE):
        done = run(repository, hook | {key: shown[key] for key in ("files", "args")})
        assert done.returncode == 0, done.stdout
        assert "in 1 manifest of" in done.stdout


def test_the_page_shows_a_configuration_that_works(repository: Path) -> None:
    a_workspace(repository, a_manifest(), a_manifest(), project=a_project_file())
    done = run_config(repository, _blocks()[2])
    assert done.returncode == 1
    assert "[duplicate-list]" in done.stdout


def test_the_page_names_the_hooks_that_there_are() -> None:
    shown = yaml.safe_load(_blocks()[0])["repos"][0]["hooks"]
    assert [hook["id"] for hook in shown] == [EACH["id"], WHOLE["id"]]


def _blocks() -> list[str]:
    page = (ROOT / "docs" / "how-to" / "pre-commit.md").read_text()
    return re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


# --- project files among the paths, without pre-commit


def test_a_project_file_among_the_paths_is_no_manifest(cli: Cli, tmp_path: Path) -> None:
    other = a_project_file(default_environment="nowhere")
    write(tmp_path / "other" / "ringg-runner.yaml", other)
    a_workspace(tmp_path, a_manifest(), project=a_project_file())
    paths = ("campaigns/1.yaml", "ringg-runner.yaml", "other/ringg-runner.yaml")
    done = cli("validate", "--format", "concise", *paths)
    assert done.code == 3
    assert done.out.startswith(
        "other/ringg-runner.yaml:2:22: error: no environment is called nowhere"
    )
    assert done.last_line == "1 error, 0 warnings in 1 manifest of 3 files"


def test_a_project_file_alone_is_enough_to_check(cli: Cli, tmp_path: Path) -> None:
    ledger = {"production": {"ledger": "${env.NOT_SET}"}}
    write(tmp_path / "ringg-runner.yaml", a_project_file(environments=ledger))
    done = cli("validate", "ringg-runner.yaml")
    assert (done.code, done.last_line) == (0, "0 errors, 1 warning in 0 manifests of 1 file")
    assert "the environment variable NOT_SET is not set" in done.out


def test_a_project_file_that_is_not_there_is_told_like_any_path(cli: Cli) -> None:
    done = cli("validate", "ringg-runner.yaml")
    assert (done.code, done.last_line) == (3, "1 error, 0 warnings in 0 manifests of 0 files")


def test_a_plan_of_a_project_file_is_no_empty_plan(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(), project=a_project_file())
    assert cli("plan", "ringg-runner.yaml").code == 3
