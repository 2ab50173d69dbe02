"""`plan`, `apply` and `status` narrowed down from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_project_file, a_workspace, manifests, write
from click.shell_completion import ShellComplete
from conftest import Cli, Finished
from jsonschema import Draft7Validator
from repositories import VARIABLES, Repository
from servers import lists, says, serving

from ringg_runner.authoring import schemas
from ringg_runner.cli import ringg_runner

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
LABELLED = (
    a_manifest(name="c1", list_id="list-1", labels={"team": "growth", "region": "north"}),
    a_manifest(name="c2", list_id="list-2", labels={"team": "care", "region": "south"}),
    a_manifest(name="c3", list_id="list-3"),
)
DEFAULTS = {"labels": {"team": "growth"}}
COMMANDS = ("plan", "apply", "status")


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Three campaigns; the last has its labels from the project."""
    return a_workspace(tmp_path, *LABELLED, project=a_project_file(defaults=DEFAULTS))


def document(done: Finished, kind: str) -> dict[str, Any]:
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    Draft7Validator(schemas.load(kind)).validate(found)
    return found


def planned(cli: Cli, *options: str) -> list[str]:
    """The names in a plan that is narrowed down by these options."""
    found = document(cli("plan", "--format", "json", *options, **VARIABLES), "plan")
    assert found["selected"]["count"] == len(found["campaigns"])
    return [campaign["name"] for campaign in found["campaigns"]]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["c1", "c2", "c3"]),
        (["--selector", "team=growth"], ["c1", "c3"]),
        (["-l", "team=growth", "-l", "region"], ["c1"]),
        (["-l", "team in (growth,care),region!=north"], ["c2", "c3"]),
        (["--name", "c2"], ["c2"]),
        (["--name", "c[12]", "--name", "c3"], ["c1", "c2", "c3"]),
        (["--limit", "2"], ["c1", "c2"]),
        (["-l", "team=growth", "--name", "c*", "--limit", "1"], ["c1"]),
        (["campaigns/2.yaml", "campaigns/3.yaml", "--limit", "1"], ["c2"]),
    ],
)
def test_a_plan_is_about_what_is_selected(
    cli: Cli, labelled: Path, options: list[str], names: list[str]
) -> None:
    assert planned(cli, *options) == names


def test_a_plan_tells_what_it_is_about(cli: Cli, labelled: Path) -> None:
    lines = cli("plan", "-l", "team == growth", "--name", "c*").out.splitlines()
    assert lines[1:3] == ["Selected 2 of 3 (team=growth; name c*).", ""]
    assert lines[-1] == "2 to start"
    assert "Selected" not in cli("plan").out
    told = document(cli("plan", "--format", "json", "-l", "team=growth"), "plan")["selected"]
    assert told == {"count": 2, "of": 3, "by": ["team=growth"]}
    told = document(cli("plan", "--format", "json"), "plan")["selected"]
    assert told == {"count": 3, "of": 3, "by": []}


def test_the_digest_is_about_what_would_start_and_not_about_how_it_was_selected(
    cli: Cli, labelled: Path
) -> None:
    digests = {
        document(cli("plan", "--format", "json", *options), "plan")["digest"]
        for options in (["campaigns/1.yaml"], ["--name", "c1"], ["-l", "region=north"])
    }
    assert len(digests) == 1


def test_a_plan_names_the_files_that_it_is_about(cli: Cli, labelled: Path) -> None:
    found = document(cli("plan", "--format", "json", "-l", "region"), "plan")["manifests"]
    assert [manifest["file"] for manifest in found] == ["campaigns/1.yaml", "campaigns/2.yaml"]


def test_an_apply_starts_what_is_selected_and_nothing_else(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url, *LABELLED)
        done = cli("apply", "--yes", "--selector", "team=care", RINGG_API_KEY=KEY)
        assert (done.code, done.last_line) == (0, "1 started")
        assert done.out.splitlines()[1:3] == ["Selected 1 of 3 (team=care).", ""]
        command = ("apply", "--yes", "--format", "json", "--limit", "2")
        run = document(cli(*command, RINGG_API_KEY=KEY), "run")
    assert run["selected"] == {"count": 2, "of": 3, "by": ["the first 2"]}
    assert [campaign["outcome"] for campaign in run["campaigns"]] == ["started", "skipped"]
    assert server.started_lists == ["list-2", "list-1"]


def test_a_status_shows_what_is_selected(cli: Cli, labelled: Path) -> None:
    lines = cli("status", "--no-refresh", "--name", "c3").out.splitlines()
    assert lines[:2] == ["Selected 1 of 3 (name c3).", ""]
    assert [line.split()[0] for line in lines[2:]] == ["NAME", "c3"]
    found = document(cli("status", "--no-refresh", "--format", "json", "-l", "region"), "status")
    assert found["selected"] == {"count": 2, "of": 3, "by": ["region"]}
    assert [campaign["name"] for campaign in found["campaigns"]] == ["c1", "c2"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistake_in_what_is_not_selected_stops_everything(
    cli: Cli, labelled: Path, command: str
) -> None:
    write(labelled / "campaigns" / "4.yaml", a_manifest(name="c4", list_id="list-1"))
    done = cli(command, "--env", "sandbox", "--name", "c1")
    assert (done.code, done.out) == (3, "")
    assert "the list_id list-1 is taken by campaigns/1.yaml" in done.err


def test_a_selection_changes_no_finding(cli: Cli, tmp_path: Path) -> None:
    agents = {"used": "agent-1", "unused": "agent-2"}
    project = a_project_file(environments={"production": {"agents": agents}})
    used = a_manifest(name="used", agent_id="${agents.used}")
    a_workspace(tmp_path, used, a_manifest(name="other", list_id="list-2"), project=project)
    whole, narrowed = cli("plan"), cli("plan", "--name", "other")
    assert narrowed.err == whole.err
    assert "no manifest uses agents.unused" in narrowed.err


@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        (
            ["-l", "team=grwoth"],
            "(team=grwoth)",
            "no campaign has team=grwoth; did you mean growth?",
        ),
        (["--name", "c"], "(name c)", "did you mean c3?"),
        (["-l", "team=care", "--name", "c1"], "(team=care; name c1)", "where that is as it should"),
    ],
)
def test_to_select_nothing_is_an_error(
    cli: Cli, labelled: Path, options: list[str], error: str, hint: str
) -> None:
    for command in COMMANDS:
        done = cli(command, "--env", "sandbox", *options)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith(f"error: nothing selected: 0 of 3 {error}\nhint: {hint}")


@pytest.mark.parametrize("manifest", [None, "# none\n"], ids=["no manifest", "an empty file"])
def test_an_empty_selection_may_be_allowed(cli: Cli, labelled: Path, manifest: str | None) -> None:
    (labelled / "empty").mkdir()
    if manifest:
        write(labelled / "empty" / "1.yaml", manifest)
    for options, of in ((["--name", "nobody"], 3), (["empty"], 0)):
        everywhere = ("--env", "sandbox", "--allow-empty", *options)
        plan = cli("plan", *everywhere)
        assert (plan.code, plan.last_line) == (0, "0 to start")
        assert "\nNo campaign is selected.\n" in plan.out
        done = cli("apply", *everywhere)
        assert (done.code, done.last_line) == (0, "0 started")
        assert "\nNo campaign is selected: nothing to start.\n" in done.out
        assert cli("status", *everywhere).code == 0
        for command, kind in (("plan", "plan"), ("apply", "run"), ("status", "status")):
            found = document(cli(command, "--format", "json", *everywhere), kind)
            assert (found["campaigns"], found["selected"]["of"]) == ([], of)
    assert cli("plan", "empty").code == 3


def test_an_empty_selection_needs_neither_a_key_nor_a_yes(cli: Cli, labelled: Path) -> None:
    done = cli("apply", "--allow-empty", "--name", "nobody")
    assert (done.code, done.err) == (0, "")


def test_allowing_an_empty_selection_forgives_no_wrong_path(cli: Cli, labelled: Path) -> None:
    done = cli("plan", "--allow-empty", "elsewhere")
    assert done.code == 3
    assert "no such file or folder" in done.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["-l", ""], 'error: --selector "": it is empty\n'),
        (["--selector", "team=a b"], 'error: --selector "team=a b": a b is no label\'s value\n'),
        (["--changed-since", ""], 'error: --changed-since "": this is no git ref\n'),
        (["--changed-since", "--all"], 'error: --changed-since "--all": this is no git ref\n'),
        (["--limit", "0"], "0 is not in the range x>=1"),
    ],
)
def test_criteria_that_cannot_be_meant_are_wrong_usage(
    cli: Cli, labelled: Path, command: str, options: list[str], error: str
) -> None:
    done = cli(command, "--env", "sandbox", *options)
    assert (done.code, done.out) == (64, "")
    assert error in done.err


def test_a_likely_slip_that_selects_too_much_is_a_warning_and_with_strict_an_error(
    cli: Cli, labelled: Path
) -> None:
    told = "no campaign has region=suoth; did you mean south?\n"
    done = cli("apply", "--env", "sandbox", "--dry-run", "--quiet", "-l", "region!=suoth")
    assert (done.code, done.err) == (0, f"warning: {told}")
    done = cli("plan", "--strict", "-l", "region!=suoth")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"error: {told}hint: ")
    assert cli("plan", "--strict", "-l", "region!=south").code == 0


@pytest.fixture
def branch(tmp_path: Path) -> Repository:
    """Three manifests on `main`, and a branch that has not changed any yet."""
    repository = Repository.at(a_workspace(tmp_path, *manifests(3)))
    write(tmp_path / ".gitignore", ".ringg-runner/\n")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "ours")
    return repository


def test_manifests_that_a_branch_touches_are_selected(
    cli: Cli, branch: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch.commit(campaigns__2=a_manifest(name="c2", list_id="list-2", enabled=False))
    branch.write(campaigns__4=a_manifest(name="c4", list_id="list-4"))
    assert planned(cli, "--changed-since", "main") == ["c2", "c4"]
    assert planned(cli, "--changed-since", "main", "--limit", "1") == ["c2"]
    assert planned(cli, "--changed-since", "main", "campaigns/4.yaml") == ["c4"]
    done = cli("plan", "--changed-since", "main", **VARIABLES)
    assert done.err == ""
    assert "\nSelected 2 of 4 (changed since main).\n" in done.out
    monkeypatch.chdir(branch.root / "campaigns")
    assert planned(cli, "--changed-since", "main") == ["c2", "c4"]
    assert planned(cli, "--changed-since", "main", "../campaigns") == ["c2", "c4"]
    monkeypatch.chdir(branch.root.parent)
    project = str(branch.root / "ringg-runner.yaml")
    assert planned(cli, "--project", project, "--changed-since", "main") == ["c2", "c4"]


def test_a_manifest_in_a_file_of_any_name_is_selected(cli: Cli, branch: Repository) -> None:
    name = 'campaigns/é "quoted"\nfile.yaml'
    write(branch.root / name, a_manifest(name="c4", list_id="list-4"))
    assert planned(cli, "--changed-since", "main") == ["c4"]
    branch.commit()
    assert planned(cli, "--changed-since", "main") == ["c4"]


def test_a_branch_that_touches_no_manifest_selects_nothing(cli: Cli, branch: Repository) -> None:
    done = cli("plan", "--changed-since", "main", **VARIABLES)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: nothing selected: 0 of 3 (changed since main)\n")
    assert planned(cli, "--changed-since", "main", "--allow-empty") == []


def test_a_project_file_that_changed_is_told_since_it_may_affect_every_manifest(
    cli: Cli, branch: Repository
) -> None:
    project = a_project_file(defaults={"labels": {"team": "growth"}})
    branch.commit(**{"ringg-runner": project})
    told = "ringg-runner.yaml changed too; manifests that only it affects are not selected\n"
    command = ("--changed-since", "main", "--env", "sandbox")
    done = cli("plan", *command, **VARIABLES)
    assert done.code == 3
    assert done.err.endswith(f"hint: {told}")
    branch.write(campaigns__4=a_manifest(name="c4", list_id="list-4"))
    for name in COMMANDS:
        done = cli(name, *command, **VARIABLES)
        assert (done.code, done.err) == (0, f"note: {told}")
    assert cli("apply", "--quiet", *command, **VARIABLES).err == ""


def test_without_a_project_file_the_repository_is_that_of_the_folder(
    cli: Cli, branch: Repository
) -> None:
    branch.git("rm", "--quiet", "ringg-runner.yaml")
    branch.commit(campaigns__2=a_manifest(name="c2", list_id="list-2", enabled=False))
    assert planned(cli, "--changed-since", "main") == ["c2"]


def test_where_git_cannot_tell_nothing_is_sent(cli: Cli, labelled: Path) -> None:
    for command in COMMANDS:
        done = cli(command, "--env", "sandbox", "--changed-since", "main", **VARIABLES)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith("error: what changed since main is not known: fatal: not a git")
        assert "\nhint: " in done.err


def test_a_manifest_from_elsewhere_cannot_be_told_to_have_changed(
    cli: Cli, branch: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = write(tmp_path_factory.mktemp("other") / "a.yaml", a_manifest(name="a"))
    done = cli("plan", "--changed-since", "main", str(elsewhere), **VARIABLES)
    assert done.code == 3
    assert f"{elsewhere} is no file of the repository" in done.err


def test_standard_input_has_no_history(cli: Cli, branch: Repository) -> None:
    text = a_manifest().encode()
    done = cli("plan", "-", "--changed-since", "main", stdin=text, **VARIABLES)
    assert (done.code, done.out) == (64, "")
    assert "standard input and --changed-since exclude each other" in done.err


def test_names_of_campaigns_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    completion = ShellComplete(ringg_runner, {}, "ringg-runner", "_RINGG_RUNNER_COMPLETE")

    def offered(*arguments: str, begun: str = "") -> list[str]:
        found = completion.get_completions([*arguments, "--name"], begun)
        return [item.value for item in found]

    assert offered("plan") == []
    a_workspace(tmp_path, *manifests(2), a_manifest(name="other", list_id="l"), "[", "- 1", "a: b")
    assert offered("plan", begun="c") == ["c1", "c2"]
    write(tmp_path / "other.yaml", a_project_file(manifests=["campaigns/3.yaml"]))
    assert offered("apply", "--project", "other.yaml") == ["other"]
    write(tmp_path / "ringg-runner.yaml", "version: [\n")
    assert offered("status") == []
