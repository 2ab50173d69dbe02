"""The public names: what they do, what they cost, and that their page shows what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from build import a_manifest, a_project_file, a_workspace, manifests, write
from conftest import Cli

import ringg_runner

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "tests" / "library_example.py"
THE_LEDGER = "the ledger: what was started before"
PAGE = (ROOT / "docs" / "reference" / "python.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def python(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return a_workspace(tmp_path, *manifests(2), project=a_project_file())


def test_the_page_shows_what_its_example_prints(tmp_path: Path) -> None:
    printed = python(EXAMPLE.read_text(), tmp_path)
    lines = [line for line in printed.splitlines() if line]
    assert lines == "".join(blocks("text")).splitlines()


def test_the_example_that_is_type_checked_is_the_one_on_the_page() -> None:
    shown = [line for block in blocks("python") for line in block.splitlines() if line]
    example = EXAMPLE.read_text().partition('"""\n')[2]
    assert [line for line in example.splitlines() if line] == shown


def test_the_page_names_every_public_name() -> None:
    table = PAGE.partition("## ")[0]
    named = re.findall(r"`([A-Za-z]+)(?:\(.*?)?`", table)
    assert {*ringg_runner.__all__} - {*named} == set()


def test_every_public_name_is_there_and_none_that_is_not() -> None:
    for name in ringg_runner.__all__:
        assert getattr(ringg_runner, name).__name__ == name
    assert {*ringg_runner.__all__} <= {*dir(ringg_runner)}
    with pytest.raises(AttributeError, match="'ringg_runner' has no attribute 'lod'"):
        ringg_runner.lod  # type: ignore[attr-defined] # noqa: B018


def test_importing_the_package_loads_nothing_else(tmp_path: Path) -> None:
    code = "import sys, ringg_runner; print(*(m for m in sys.modules if 'ringg_runner.' in m))"
    assert python(code, tmp_path) == "\n"


@pytest.mark.parametrize("use", ["load()", "validate()", "dump({'a': 1})", "Campaign"])
def test_what_needs_no_network_and_no_database_loads_neither(project: Path, use: str) -> None:
    code = f"import sys, ringg_runner; ringg_runner.{use}; print(*sys.modules)"
    loaded = python(code, project).split()
    assert {"httpx", "sqlalchemy", "rich", "starlette", "click"} & {*loaded} == set()


def test_findings_are_values(project: Path) -> None:
    write(project / "campaigns" / "3.yaml", a_manifest(name="c3", list_id=3))
    checked = ringg_runner.validate()
    (finding,) = checked.findings
    assert (finding.file, finding.position) == ("campaigns/3.yaml", (4, 10))
    assert finding.severity is ringg_runner.Severity.ERROR
    with pytest.raises(ringg_runner.FindingsError) as failure:
        ringg_runner.load()
    assert failure.value.findings == (finding,)
    assert len(ringg_runner.load("campaigns/1.yaml", Path("campaigns/2.yaml"))) == 2


def test_the_project_file_can_be_named(project: Path) -> None:
    other = write(project / "other" / "ringg-runner.yaml", a_project_file(manifests=["m.yaml"]))
    write(project / "other" / "m.yaml", a_manifest())
    (campaign,) = ringg_runner.load(project=other)
    assert campaign.file == "other/m.yaml"
    with pytest.raises(ringg_runner.InvalidInputError, match="no such project file"):
        ringg_runner.validate(project="nowhere.yaml")


def test_a_plan_knows_what_the_ledger_remembers(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2))
    before = ringg_runner.plan(environment="sandbox")
    assert before.summary[ringg_runner.Action.START] == 2
    assert THE_LEDGER in before.not_checked
    cli("apply", "--env", "sandbox", "campaigns/1.yaml")
    after = ringg_runner.plan(environment="sandbox")
    assert [planned.action for planned in after.starts] == ["skip", "start"]
    assert THE_LEDGER not in after.not_checked


@pytest.mark.parametrize("ledger", ["${env.NOT_SET_ANYWHERE}", "campaigns"])
def test_a_plan_says_that_a_ledger_could_not_be_read(project: Path, ledger: str) -> None:
    settings = a_project_file(environments={"production": {"ledger": ledger}})
    write(project / "ringg-runner.yaml", settings)
    assert THE_LEDGER in ringg_runner.plan().not_checked
