"""Command lines are completed by real shells, each set up as its page says."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from build import a_project_file, write
from click.shell_completion import ShellComplete
from conftest import Cli
from terminals import Terminal, a_terminal

from ringg_runner.authoring import schemas
from ringg_runner.cli import COMMANDS, ringg_runner

PAGE = (Path(__file__).parent.parent / "docs" / "reference" / "completion.md").read_text()
SHELLS = ("bash", "zsh", "fish")
PATIENCE = 60


def installed(*shells: str) -> list[object]:
    """Of these shells those that are here; the others are skipped."""
    return [
        pytest.param(
            shell, marks=pytest.mark.skipif(not shutil.which(shell), reason="not installed")
        )
        for shell in shells
    ]


def setup(shell: str) -> str:
    """What the page says to write into a shell's start file."""
    found = re.search(rf"^```{shell}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def variables(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "ZDOTDIR": str(home), "LANG": "C.UTF-8", "PS1": "$ "}


def run(*command: str, folder: Path) -> list[str]:
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def offered_by_bash(line: str, folder: Path) -> list[str]:
    words = " ".join(f"'{word}'" for word in line.split(" "))
    script = f"""{setup("bash")}
    COMP_WORDS=({words})
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
    _ringg_runner_completion ringg-runner
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return run("bash", "--norc", "-c", script, folder=folder)


def offered_by_fish(line: str, folder: Path) -> list[str]:
    script = f"{setup('fish')}\ncomplete --do-complete '{line}'"
    return [line.partition("\t")[0] for line in run("fish", "-N", "-c", script, folder=folder)]


OFFERED: dict[str, Callable[[str, Path], list[str]]] = {
    "bash": offered_by_bash,
    "fish": offered_by_fish,
}


@pytest.mark.parametrize("shell", installed(*OFFERED))
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ringg-runner v", ["validate"]),
        ("ringg-runner ", [*COMMANDS]),
        ("ringg-runner schema p", ["plan", "project"]),
        ("ringg-runner validate --format j", ["json", "junit"]),
        ("ringg-runner plan --ref", ["--refresh"]),
        ("ringg-runner completion ", [*SHELLS]),
        ("ringg-runner plan --env ", ["production", "sandbox", "staging"]),
        ("ringg-runner ledger list --env st", ["staging"]),
        ("ringg-runner plan --project other.yaml --env ", ["elsewhere", "production", "sandbox"]),
    ],
)
def test_a_shell_offers_what_can_stand_there(
    tmp_path: Path, shell: str, line: str, offered: list[str]
) -> None:
    write(tmp_path / "ringg-runner.yaml", a_project_file(environments={"staging": {}}))
    write(tmp_path / "other.yaml", a_project_file(environments={"elsewhere": {}}))
    assert sorted(OFFERED[shell](line, tmp_path)) == sorted(offered)


@pytest.mark.parametrize("shell", installed(*OFFERED))
@pytest.mark.parametrize("project", ["version: [\n", "version: 1\nenvironment: {}\n"])
def test_a_project_file_with_mistakes_spoils_no_completion(
    tmp_path: Path, shell: str, project: str
) -> None:
    write(tmp_path / "ringg-runner.yaml", project)
    offered = OFFERED[shell]("ringg-runner plan --env ", tmp_path)
    assert sorted(offered) == ["production", "sandbox"]


@pytest.mark.parametrize("shell", installed("bash", "zsh"))
def test_a_line_is_completed_where_it_is_typed(tmp_path: Path, shell: str) -> None:
    for file in (".bashrc", ".zshrc"):
        write(tmp_path / file, f"PS1='ready> '\n{setup(shell)}")
    options = ["--noprofile"] if shell == "bash" else []
    with (
        a_terminal() as terminal,
        subprocess.Popen(
            [shell, *options, "-i"],
            cwd=tmp_path,
            env=variables(tmp_path) | {"TERM": "xterm"},
            stdin=terminal.slave,
            stdout=terminal.slave,
            stderr=terminal.slave,
            start_new_session=True,
        ) as process,
    ):
        try:
            wait_for("ready> ", terminal)
            os.write(terminal.master, b"ringg-runner sche\tcamp\t> typed.json && exit\r")
            wait_for("typed.json && exit", terminal)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    assert (tmp_path / "typed.json").read_text() == schemas.text("campaign")


def wait_for(words: str, terminal: Terminal) -> None:
    """Read until these words were written, or fail where nothing comes any more."""
    while words not in terminal.written:
        ready, _, _ = select.select([terminal.master], [], [], PATIENCE)
        assert ready, f"{words!r} never came: {terminal.written!r}"
        terminal.read()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_every_shell_is_printed(cli: Cli, shell: str) -> None:
    done = cli("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert f"_RINGG_RUNNER_COMPLETE={shell}_complete" in done.out


def test_a_shell_that_is_not_known_is_wrong_usage(cli: Cli) -> None:
    assert cli("completion", "tcsh").code == 64


def test_environments_are_offered_by_how_they_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    completion = ShellComplete(ringg_runner, {}, "ringg-runner", "_RINGG_RUNNER_COMPLETE")
    write(tmp_path / "ringg-runner.yaml", a_project_file(environments={"staging": {}}))
    offered = completion.get_completions(["plan", "--env"], "s")
    assert [item.value for item in offered] == ["sandbox", "staging"]
    write(tmp_path / "ringg-runner.yaml", "version: [\n")
    offered = completion.get_completions(["plan", "--env"], "s")
    assert [item.value for item in offered] == ["sandbox"]
