"""`--report` and what GitHub reads, from the command line; and the ledger's report of a run."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_project_file, a_workspace, manifests
from conftest import Cli
from jsonschema import Draft7Validator
from servers import lists, says, serving

from ringg_runner.authoring import schemas
from ringg_runner.cli.reporting import SUMMARY_LIMIT
from ringg_runner.report.formats import FORMATS, OF_PLANS, OF_RUNS

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
REFUSED = says(400, {"message": "Number pool not found."})
BEGINS = {
    ".txt": "{} ",
    ".json": "{{\n",
    ".md": "<!-- ringg-runner ",
    ".html": "<!doctype html>",
    ".xml": "<?xml ",
    ".env": "RINGG_TO_START=",
    ".terraform.json": '{{"create": ',
}
"""How a file with each ending begins; the text names its command."""


def outputs(path: Path) -> dict[str, str]:
    """What GitHub makes of a step's outputs, each of one line."""
    pairs = (line.partition("=") for line in path.read_text().split("\n") if line)
    return {name: value for name, _, value in pairs}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"campaigns", "ringg-runner.yaml"}


@pytest.mark.parametrize("output", OF_PLANS)
def test_a_plan_is_printed_as_it_is_written_into_a_file(
    cli: Cli, tmp_path: Path, output: str
) -> None:
    a_workspace(tmp_path, *manifests(2))
    ending = next(each.ending for each in FORMATS if each.name == output)
    done = cli("plan", "--format", output, "--report", f"plan{ending}")
    assert (done.code, done.err) == (0, "")
    assert done.out == (tmp_path / f"plan{ending}").read_text()


@pytest.mark.parametrize("output", OF_RUNS)
def test_an_apply_writes_one_document_in_each_format(cli: Cli, tmp_path: Path, output: str) -> None:
    a_workspace(tmp_path, *manifests(2))
    done = cli("apply", "--env", "sandbox", "--format", output)
    assert (done.code, done.err) == (0, "")
    ending = next(each.ending for each in FORMATS if each.name == output)
    assert done.out.startswith(BEGINS[ending].format("Apply"))


def test_a_plan_is_written_into_as_many_files_as_are_named(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2))
    (tmp_path / "out").mkdir()
    endings = [each.ending for each in FORMATS if each.plans]
    done = cli("plan", *(f"--report=out/p{ending}" for ending in endings))
    assert (done.code, done.last_line) == (0, "2 to start")
    assert names(tmp_path / "out") == {f"p{ending}" for ending in endings}
    for ending in endings:
        written = (tmp_path / "out" / f"p{ending}").read_text()
        assert written.startswith(BEGINS[ending].format("Plan"))
        assert written.endswith("\n")


def test_an_apply_is_written_into_as_many_files_as_are_named(cli: Cli, tmp_path: Path) -> None:
    endings = [each.ending for each in FORMATS]
    with serving(REGISTERED, REFUSED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        reports = [f"--report=r{ending}" for ending in endings]
        done = cli("apply", "--yes", "--concurrency=1", *reports, RINGG_API_KEY=KEY)
    assert (done.code, done.last_line) == (1, "1 started, 1 failed")
    for ending in endings:
        assert (tmp_path / f"r{ending}").read_text().startswith(BEGINS[ending].format("Apply"))
    document = json.loads((tmp_path / "r.json").read_text())
    Draft7Validator(schemas.load("run")).validate(document)
    assert (tmp_path / "r.txt").read_text() == done.out
    assert outputs(tmp_path / "r.env")["RINGG_EXIT_CODE"] == "1"
    assert json.loads((tmp_path / "r.terraform.json").read_text())["create"] == 1


def test_a_file_is_written_without_the_colours_of_a_terminal(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(1))
    cli("plan", "-v", "--report", "plan.txt")
    written = (tmp_path / "plan.txt").read_text()
    assert "\x1b" not in written
    assert "number_pool_id: pool-1" in written


@pytest.mark.parametrize(
    ("command", "file", "said"),
    [
        ("plan", "plan.pdf", "there are .txt, .terraform.json, .json, .md, .html, .env"),
        ("plan", "plan", "its ending names no format"),
        ("plan", "plan.xml", "its ending names no format"),
        ("apply", "run.pdf", "there are .txt, .terraform.json, .json, .md, .html, .xml, .env"),
        ("apply", "no/folder/run.md", "could not be written: No such file or directory"),
        ("apply", "folder.md", "could not be written: Is a directory"),
        ("ledger report", "run.pdf", "its ending names no format"),
    ],
)
def test_a_report_that_cannot_be_is_wrong_usage_before_anything_is_done(
    cli: Cli, tmp_path: Path, command: str, file: str, said: str
) -> None:
    (tmp_path / "folder.md").mkdir()
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        yes = ["--yes"] if command == "apply" else []
        done = cli(*command.split(), *yes, "--report", "ok.md", "--report", file, RINGG_API_KEY=KEY)
    assert (done.code, done.out, server.requests, server.looks) == (64, "", [], [])
    assert said in done.err
    assert names(tmp_path) == {"folder.md"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_nobody_may_write_into_is_found_first(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    a_workspace(tmp_path, *manifests(1))
    done = cli("apply", "--env", "sandbox", "--report", "shut/run.md")
    assert (done.code, done.out) == (64, "")


@pytest.mark.parametrize("arguments", [("--format", "junit"), ("--report", "run.xml")])
def test_a_dry_run_has_nothing_for_junit(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    a_workspace(tmp_path, *manifests(1))
    done = cli("apply", "--dry-run", *arguments)
    assert (done.code, done.out) == (64, "")
    assert "junit is for what an apply did" in done.err


def test_a_dry_run_writes_the_reports_of_a_plan(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(1))
    done = cli("apply", "--dry-run", "--report", "plan.md")
    assert done.code == 0
    assert (tmp_path / "plan.md").read_text().startswith("<!-- ringg-runner plan production -->")


def removing(folder: Path) -> Any:
    """Answer, once the folder is gone."""

    def say(connection: Any, ended: Any) -> None:
        folder.rmdir()
        REGISTERED(connection, ended)

    return say


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_report_that_cannot_be_written_at_the_end_hides_nothing_and_is_no_success(
    cli: Cli, tmp_path: Path, output: str
) -> None:
    (tmp_path / "gone").mkdir()
    with serving(removing(tmp_path / "gone"), listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        reports = ("--report", "gone/run.md", "--report", "run.json")
        done = cli("apply", "--yes", "--format", output, *reports, RINGG_API_KEY=KEY)
    assert done.code == 1
    assert "started" in done.out
    assert "error: the report gone/run.md could not be written: No such file" in done.err
    document = json.loads((tmp_path / "run.json").read_text())
    assert document["summary"]["started"] == 1


def test_a_report_that_cannot_be_written_leaves_a_graver_exit_code_as_it_is(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()

    def fails(connection: Any, ended: Any) -> None:
        (tmp_path / "gone").rmdir()
        says(500)(connection, ended)

    with serving(fails) as server:
        a_project_at(tmp_path, server.url)
        done = cli("apply", "--yes", "--report", "gone/run.md", RINGG_API_KEY=KEY)
    assert done.code == 6


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        ((), {}, "nobody here to ask"),
        (("--yes", "--no-refresh"), {"CI": "true"}, "there is no ledger here"),
    ],
    ids=["nobody to ask", "no memory"],
)
def test_an_apply_that_is_refused_leaves_a_report_of_its_plan(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    reports = [f"--report=r{each.ending}" for each in FORMATS]
    with serving(REGISTERED) as server:
        a_project_at(tmp_path, server.url)
        done = cli(
            *("apply", *arguments, *reports),
            **{"RINGG_API_KEY": KEY, "GITHUB_OUTPUT": str(tmp_path / "outputs"), **variables},
        )
    assert (done.code, done.out, server.requests) == (4, "", [])
    for ending in (".txt", ".md", ".html", ".xml"):
        assert said in (tmp_path / f"r{ending}").read_text()
    assert json.loads((tmp_path / "r.json").read_text())["kind"] == "plan"
    told = outputs(tmp_path / "outputs")
    assert (told["to_start"], told["started"], told["exit_code"]) == ("1", "0", "4")


def test_github_gets_a_summary_and_outputs_of_a_plan(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2), a_manifest(name="held", list_id="l", enabled=False))
    summary, output = tmp_path / "summary", tmp_path / "outputs"
    output.write_text("before=1")
    done = cli("plan", GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(output))
    assert (done.code, done.err) == (0, "")
    assert "\n### 2 to start, 1 on hold\n" in summary.read_text()
    told = outputs(output)
    assert told["before"] == "1"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", told.pop("digest"))
    assert told == {
        "before": "1",
        "to_start": "2",
        "started": "0",
        "skipped": "0",
        "held": "1",
        "failed": "0",
        "unresolved": "0",
        "cancelled": "0",
        "people": "",
        "exit_code": "",
    }


def test_github_gets_a_summary_and_outputs_of_an_apply(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2))
    summary, output = tmp_path / "summary", tmp_path / "outputs"
    github = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    cli("plan", "--env", "sandbox", **github)
    planned = outputs(output)
    done = cli("apply", "--env", "sandbox", **github)
    assert done.code == 0
    assert summary.read_text().count("<!-- ringg-runner ") == 2
    told = outputs(output)
    assert (told["to_start"], told["started"], told["exit_code"]) == ("2", "2", "0")
    assert told["digest"] == planned["digest"]


@pytest.mark.parametrize("command", [("validate",), ("ledger", "list"), ("ledger", "report")])
def test_github_gets_nothing_from_other_commands(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    a_workspace(tmp_path, *manifests(1), project=a_project_file(default_environment="sandbox"))
    cli("apply")
    github = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    assert cli(*command, **github).code == 0
    assert not names(tmp_path) & set(github)


@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_github_cannot_be_told_is_said_and_is_no_success(
    cli: Cli, tmp_path: Path, command: str, name: str
) -> None:
    a_workspace(tmp_path, *manifests(1))
    done = cli(command, "--env", "sandbox", **{name: str(tmp_path / "no" / "file")})
    assert done.code == 1
    assert re.search(r"error: the step's (summary|outputs) could not be written", done.err)
    assert "1 to start" in done.out or "1 started" in done.out


def test_a_summary_that_github_would_throw_away_is_left_out(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(1))
    summary = tmp_path / "summary"
    summary.write_text("x" * SUMMARY_LIMIT)
    done = cli("plan", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 0
    assert "the step's summary has no room" in done.err
    assert summary.stat().st_size == SUMMARY_LIMIT


def test_no_report_holds_what_is_private_or_the_key(cli: Cli, tmp_path: Path) -> None:
    reports = [f"--report=r{each.ending}" for each in FORMATS]
    token = "hook-token-of-a-customer"
    manifest = a_manifest(callback_url="https://hooks.example.com/${env.TOKEN}")
    with serving(
        says(400, {"message": f"no {KEY}, no https://hooks.example.com/{token}"}), listing=lists()
    ) as server:
        a_project_at(tmp_path, server.url, manifest)
        variables = {"RINGG_API_KEY": KEY, "TOKEN": token}
        github = {"GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "outputs"}
        applied = cli("apply", "--yes", *reports, **variables, **github)
        for file in tmp_path.glob("r.*"):
            file.rename(tmp_path / f"run-{file.name}")
        planned = cli("plan", *reports[:-2], **variables, **github)
    assert (applied.code, planned.code) == (1, 0)
    kept = [path for path in tmp_path.iterdir() if path.is_file() and path.suffix != ".yaml"]
    assert len(kept) >= 12
    for path in kept:
        written = path.read_text()
        assert KEY not in written, path
        assert token not in written, path


def test_the_ledger_reports_the_newest_run_in_each_format(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2), project=a_project_file(default_environment="sandbox"))
    first = json.loads(cli("apply", "--format", "json").out)
    for output in OF_RUNS:
        done = cli("ledger", "report", "--format", output)
        assert (done.code, done.err) == (0, "")
    done = cli("ledger", "report", "-v", "--report", "run.json", "--report", "run.md")
    assert done.last_line == "2 started"
    assert "attempt 1 at " in done.out
    document = json.loads((tmp_path / "run.json").read_text())
    Draft7Validator(schemas.load("run")).validate(document)
    assert document["recalled"] is True
    assert document["run_id"] == first["run_id"]
    assert document["summary"] == first["summary"]
    assert document["exit_code"] is None
    assert {(each["file"], each["line"]) for each in document["campaigns"]} == {(None, None)}
    named = json.loads(cli("ledger", "report", first["run_id"], "--format", "json").out)
    assert named == document


def test_a_run_that_the_ledger_does_not_know_is_said(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(1), project=a_project_file(default_environment="sandbox"))
    cli("apply")
    done = cli("ledger", "report", "another")
    assert (done.code, done.out) == (3, "")
    assert "the ledger knows no run another in sandbox" in done.err


def test_a_ledger_without_a_run_has_none_to_report(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(enabled=False))
    cli("apply", "--env", "sandbox")
    done = cli("ledger", "report", "--env", "sandbox")
    assert (done.code, done.out) == (3, "")
    assert "knows no run in sandbox: nothing was claimed" in done.err


def test_a_ci_job_is_told_of_its_own_run_and_of_no_other(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(1), project=a_project_file(default_environment="sandbox"))
    mine, other = {"CI_JOB_URL": "https://ci.example/1"}, {"CI_JOB_URL": "https://ci.example/2"}
    applied = json.loads(cli("apply", "--format", "json", **mine).out)
    done = cli("ledger", "report", "--format", "json", **mine)
    assert json.loads(done.out)["run_id"] == applied["run_id"]
    done = cli("ledger", "report", **other)
    assert (done.code, done.out) == (3, "")
    assert "no run of this job in sandbox" in done.err
    assert f"the newest there is run {applied['run_id']} (https://ci.example/1)" in done.err
