"""`validate` end to end: its formats, and standard input that stands for a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from build import a_manifest, a_project_file, a_workspace, write
from conftest import Cli

from ringg_runner.report.findings import FORMATS

BROKEN = a_manifest(list_id=12)


def findings(out: str) -> list[str]:
    """The findings of a JSON document, as file, line and rule."""
    told = json.loads(out)["diagnostics"]
    return [f"{finding['file']}:{finding['line']} {finding['rule']}" for finding in told]


def test_a_finding_is_shown_with_its_line_and_its_cure(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, BROKEN)
    done = cli("validate")
    assert (done.code, done.err) == (3, "")
    assert done.out.splitlines() == [
        "campaigns/1.yaml:4:10: error: list_id must be text, and 12 is a number [wrong-type]",
        "  4 | list_id: 12",
        "    |          ^^",
        '  help: quote it: "12"',
        "",
        "1 error, 0 warnings in 1 manifest of 1 file",
    ]


def test_a_narrow_terminal_gets_a_narrow_line(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(list_id="x y" * 40))
    done = cli("validate", COLUMNS="50")
    assert max(len(line) for line in done.out.splitlines() if " | " in line) <= 50


def test_a_plan_that_cannot_be_made_shows_the_line_too(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, BROKEN)
    done = cli("plan")
    assert (done.code, done.out) == (3, "")
    assert "  4 | list_id: 12\n    |          ^^\n" in done.err


@pytest.mark.parametrize("output", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(cli: Cli, tmp_path: Path, output: str) -> None:
    a_workspace(tmp_path, BROKEN, a_manifest())
    done = cli("validate", "--format", output)
    assert (done.code, done.err) == (3, "")
    assert "campaigns/1.yaml" in done.out
    assert cli("validate", "--format", output, "campaigns/2.yaml").code == 0


@pytest.mark.parametrize("output", FORMATS)
def test_a_name_that_is_no_utf_8_stops_no_format(cli: Cli, tmp_path: Path, output: str) -> None:
    write(tmp_path / os.fsdecode(b"a\xff\nb.yaml"), BROKEN)
    done = cli("validate", "--format", output, ".")
    assert (done.code, done.err) == (3, "")


def test_standard_input_is_quoted_too(cli: Cli) -> None:
    done = cli("validate", "-", stdin=BROKEN.encode())
    assert "<stdin>:4:10: error: " in done.out
    assert "  4 | list_id: 12" in done.out


def test_standard_input_goes_by_the_name_of_the_file_it_stands_for(
    cli: Cli, tmp_path: Path
) -> None:
    a_workspace(tmp_path)
    arguments = ("validate", "-", "--format", "json", "--stdin-filename")
    for name in ("campaigns/new.yaml", str(tmp_path / "campaigns" / "new.yaml")):
        done = cli(*arguments, name, stdin=BROKEN.encode())
        assert findings(done.out) == ["campaigns/new.yaml:4 wrong-type"]
    done = cli(*arguments, "new.yaml", stdin=b"# nothing\n")
    assert "new.yaml:1:1: warning: this file holds no manifest" in done.err
    assert "nothing selected: no manifest in new.yaml" in done.err


def test_standard_input_finds_the_project_of_the_file_it_stands_for(
    cli: Cli, tmp_path: Path
) -> None:
    settings = a_project_file(environments={"production": {"agents": {"renewals": "agent-1"}}})
    write(tmp_path / "shop" / "ringg-runner.yaml", settings)
    text = a_manifest(agent_id="${agents.renewals}").encode()
    assert cli("validate", "-", stdin=text).code == 3
    done = cli("validate", "-", "--stdin-filename", "shop/campaigns/new.yaml", stdin=text)
    assert (done.code, done.err) == (0, "")


def test_standard_input_takes_the_place_of_the_file_on_disk(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, BROKEN, a_manifest(name="b", list_id="b"))
    for paths in (("campaigns", "-"), ("-", "campaigns")):
        done = cli(
            "validate",
            *paths,
            "--stdin-filename",
            "campaigns/1.yaml",
            "--format",
            "json",
            stdin=a_manifest(list_id="b").encode(),
        )
        assert findings(done.out) == ["campaigns/2.yaml:4 duplicate-list"]
        assert json.loads(done.out)["files"] == 2


def test_standard_input_may_stand_for_a_project_file(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, BROKEN, project=a_project_file())
    arguments = ("validate", "-", "--stdin-filename", "ringg-runner.yaml", "--format", "json")
    done = cli(*arguments, stdin=b"version: 1\nmanifest: [a]\n")
    assert findings(done.out) == ["ringg-runner.yaml:2 unknown-key"]
    done = cli(*arguments, stdin=b"")
    assert findings(done.out) == ["ringg-runner.yaml:1 empty-file"]
    done = cli(*arguments, stdin=b"version: 1\n")
    assert (done.code, done.err, findings(done.out)) == (0, "", [])
    assert json.loads(done.out)["files"] == 1


def test_a_manifest_is_checked_against_a_project_file_from_standard_input(
    cli: Cli, tmp_path: Path
) -> None:
    a_workspace(tmp_path, a_manifest(agent_id="${agents.renewals}"), project=a_project_file())
    settings = a_project_file(environments={"production": {"agents": {"renewals": "agent-1"}}})
    done = cli(
        "validate",
        "campaigns",
        "-",
        "--stdin-filename",
        "ringg-runner.yaml",
        stdin=settings.encode(),
    )
    assert done.out == "0 errors, 0 warnings in 1 manifest of 2 files\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("campaigns", "--stdin-filename", "a.yaml"),
        ("-", "--stdin-filename", "ringg-runner.yaml", "--project", "other.yaml"),
    ],
    ids=["no standard input", "two project files"],
)
def test_a_name_for_standard_input_that_cannot_be_meant_is_wrong_usage(
    cli: Cli, arguments: tuple[str, ...]
) -> None:
    done = cli("validate", *arguments)
    assert (done.code, done.out) == (64, "")


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--env", "sandbox")])
def test_to_the_strict_a_warning_is_a_mistake(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    a_workspace(tmp_path, a_manifest(), "# later\n")
    assert cli(*command).code == 0
    done = cli(*command, "--strict")
    assert done.code == 3
    assert "campaigns/2.yaml:1:1: error: this file holds no manifest" in done.out + done.err


def test_a_rule_that_is_off_is_off_in_every_format(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "campaigns" / "1.yaml", a_manifest())
    assert findings(cli("validate", "--format", "json").out)
    write(tmp_path / "ringg-runner.yaml", "version: 1\nrules: {non-uuid-id: off}\n")
    assert findings(cli("validate", "--format", "json").out) == []
