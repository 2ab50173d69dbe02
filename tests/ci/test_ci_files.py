"""What holds for the files of docs/ci and for action.yml, whatever they do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_github import FOREIGN, OURS, Yaml
from ci_world import ROOT

BIN = Path(sys.executable).parent
CI = ROOT / "docs" / "ci"
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((CI / "github").glob("*.yml"))
PIPELINE = CI / "gitlab" / ".gitlab-ci.yml"
SCRIPTS = sorted((CI / "shell").glob("*.sh"))
SCHEMAS = [
    (ACTION, ["vendor.github-actions"]),
    *((workflow, ["vendor.github-workflows"]) for workflow in WORKFLOWS),
    (PIPELINE, ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
]
# What each workflow needs at the least, job by job.
READ = {"contents": "read"}
PERMISSIONS = {
    "campaigns-pull-request.yml": {"validate": READ, "plan": READ | {"pull-requests": "write"}},
    "campaigns-apply.yml": {"plan": READ, "apply": READ},
    "campaigns-nightly.yml": {"status": READ},
}


def named(path: Path) -> str:
    return path.name


def parsed(file: Path) -> Any:
    return yaml.load(file.read_text(), Loader=Yaml)


def steps_of(file: Path) -> list[dict[str, Any]]:
    document = parsed(file)
    jobs = [document["runs"]] if file == ACTION else document["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def scripts() -> Iterator[Any]:
    """Every piece of shell, with the shell that runs it."""
    for file in (ACTION, *WORKFLOWS):
        runs = [step["run"] for step in steps_of(file) if "run" in step]
        for number, text in enumerate(runs, start=1):
            yield pytest.param("bash", text, id=f"{file.name}-{number}")
    document = parsed(PIPELINE)
    before = document.pop("default")["before_script"]
    for name, job in document.items():
        for key in ("script", "after_script"):
            if name not in ("stages", "workflow") and key in job:
                text = "\n".join([*before, *job[key]])
                yield pytest.param("bash", text, id=f"{PIPELINE.name}-{name}-{key}")
    for file in SCRIPTS:
        yield pytest.param("sh", file.read_text(), id=file.name)


@pytest.mark.parametrize(("file", "schema"), SCHEMAS, ids=[file.name for file, _ in SCHEMAS])
def test_a_file_is_one_of_its_service(file: Path, schema: list[str]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("shell", "text"), [*scripts()])
def test_nothing_is_wrong_with_a_piece_of_shell(shell: str, text: str) -> None:
    shellcheck = shutil.which("shellcheck", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [shellcheck, "--shell", shell, "-"], input=text, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


@pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=named)
def test_no_expression_becomes_a_part_of_a_script(file: Path) -> None:
    assert not [step for step in steps_of(file) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("file", WORKFLOWS, ids=named)
def test_a_job_has_the_rights_that_it_needs_and_a_limit_of_time(file: Path) -> None:
    document = parsed(file)
    assert document["permissions"] == {}
    rights = {name: job["permissions"] for name, job in document["jobs"].items()}
    assert rights == PERMISSIONS[file.name]
    assert all(job["timeout-minutes"] <= 60 for job in document["jobs"].values())
    assert "pull_request_target" not in document["on"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=named)
def test_only_actions_of_the_service_itself_are_used_beside_ours(file: Path) -> None:
    used = {step["uses"] for step in steps_of(file) if "uses" in step}
    assert [each for each in used if each not in FOREIGN and not OURS.fullmatch(each)] == []
    for step in steps_of(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_the_key_is_given_to_one_step_of_the_apply_and_to_one_of_the_night() -> None:
    found = {
        (file.name, name, str(step.get("id") or step["run"]))
        for file in WORKFLOWS
        for name, job in parsed(file)["jobs"].items()
        for step in job["steps"]
        if "RINGG_API_KEY" in str(step)
    }
    assert found == {
        ("campaigns-apply.yml", "apply", "apply"),
        ("campaigns-nightly.yml", "status", "ringg-runner status --env production"),
    }
    # Nothing is given to a whole job or workflow.
    for file in WORKFLOWS:
        assert not re.search(r"^(  |    )?env:", file.read_text(), re.MULTILINE)


def test_the_action_says_what_each_input_and_output_is() -> None:
    document = parsed(ACTION)
    for each in (*document["inputs"].values(), *document["outputs"].values()):
        assert each["description"].endswith((".", ")."))
    page = (CI / "github.md").read_text()
    for name in (*document["inputs"], *document["outputs"]):
        assert f"`{name}`" in page, name


@pytest.mark.parametrize("page", [*CI.glob("*.md"), ROOT / "README.md"], ids=named)
def test_a_page_gives_the_action_only_inputs_that_it_has(page: Path) -> None:
    blocks = re.findall(r"^```yaml\n(- uses:.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    for (step,) in map(yaml.safe_load, blocks):
        assert OURS.fullmatch(step["uses"])
        assert set(step["with"]) <= set(parsed(ACTION)["inputs"])


@pytest.mark.parametrize("file", SCRIPTS, ids=named)
def test_a_script_can_be_run(file: Path) -> None:
    assert file.stat().st_mode & 0o111 == 0o111
