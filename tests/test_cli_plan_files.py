"""`plan -o`, `plan show` and `--detailed-exitcode`, from the command line."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_at, a_project_file, a_workspace, manifests, write
from conftest import Cli
from jsonschema import Draft7Validator
from plans import SECRET_URL
from servers import lists, says, serving
from test_cli_apply import KEY, REGISTERED, FullAfter

from ringg_runner import __version__
from ringg_runner.authoring import schemas
from ringg_runner.report import documents


def document_in(root: Path, name: str = "plan.json") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / name).read_text())
    Draft7Validator(schemas.load("plan")).validate(document)
    return document


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_plan_is_saved_beside_what_is_shown(cli: Cli, tmp_path: Path, output: str) -> None:
    a_workspace(tmp_path, *manifests(2))
    shown = cli("plan", "--format", output)
    done = cli("plan", "--format", output, "-o", "plan.json")
    assert (done.code, done.out) == (0, shown.out)
    assert done.err == (
        "saved to plan.json; to start just this: ringg-runner apply --plan plan.json\n"
    )
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    document = document_in(tmp_path)
    assert document.pop("saved")["version"] == __version__
    assert document == json.loads(cli("plan", "--format", "json").out)


def test_a_plan_is_saved_over_an_older_one(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, *manifests(2))
    assert cli("plan", "campaigns/1.yaml", "-o", "plan.json").code == 0
    assert cli("plan", "--output", "plan.json").code == 0
    assert document_in(tmp_path)["summary"]["start"] == 2


def test_the_hint_to_a_file_with_a_strange_name_can_be_pasted(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    assert cli("plan", "-o", "my plan.json").err.endswith("apply --plan 'my plan.json'\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("-o", "-"), 64, "a plan is saved to a file"),
        (("-", "-o", "plan.json"), 64, "standard input is not there twice"),
        (("-o", "campaigns/1.yaml"), 3, "campaigns/1.yaml holds something else"),
        (("-o", "ringg-runner.yaml"), 3, "ringg-runner.yaml holds something else"),
        (("-o", "campaigns"), 3, "campaigns is no regular file"),
        (("-o", "link.json"), 3, "link.json is a symbolic link"),
        (("-o", "none/plan.json"), 1, "none/plan.json: No such file or directory"),
    ],
)
def test_what_a_plan_must_not_be_saved_to_is_left_alone(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    a_workspace(tmp_path, a_manifest())
    (tmp_path / "link.json").symlink_to("campaigns/1.yaml")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    done = cli("plan", *arguments, stdin=a_manifest().encode())
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")} == before
    assert sorted(os.listdir(tmp_path)) == ["campaigns", "link.json", "ringg-runner.yaml"]  # noqa: PTH208


def test_where_a_plan_cannot_be_saved_nobody_is_asked_for_it(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, listing=lists()) as server:
        a_project_at(tmp_path, server.url)
        done = cli("plan", "--refresh", "-o", "ringg-runner.yaml", RINGG_API_KEY=KEY)
    assert (done.code, server.looks) == (3, [])


def test_a_manifest_with_a_mistake_leaves_no_plan(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(list_id="${lists.none}"))
    assert cli("plan", "-o", "plan.json").code == 3
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("word", [KEY, "+91 98123 45678", "call 9812345678"])
def test_a_saved_plan_holds_neither_the_key_nor_a_number_that_a_server_says(
    cli: Cli, tmp_path: Path, word: str
) -> None:
    with serving(REGISTERED, listing=lists(list_1=word)) as server:
        a_project_at(tmp_path, server.url, a_manifest(callback_url="${env.HOOK}"))
        done = cli("plan", "--refresh", "-o", "plan.json", RINGG_API_KEY=KEY, HOOK=SECRET_URL)
    assert done.code == 0
    text = (tmp_path / "plan.json").read_text()
    for secret in (KEY, "98123 45678", "9812345678", "s3cret"):
        assert secret not in text
    assert document_in(tmp_path)["campaigns"][0]["server"]["status"].endswith("[hidden]")


def test_a_short_key_does_not_garble_a_plan(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    assert cli("plan", "-o", "plan.json", RINGG_API_KEY="list").code == 0
    assert document_in(tmp_path)["campaigns"][0]["list_id"] == "list-1"


def test_the_same_plan_is_the_same_bytes_in_another_folder_and_another_order(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"campaigns/{folder}/{n}.yaml" for folder in ("b", "a", "c/d") for n in range(5)]
    texts = dict(zip(names, manifests(len(names)), strict=True))
    documents = []
    for root, order in ((tmp_path / "one", names), (tmp_path / "two", names[::-1])):
        write(root / "ringg-runner.yaml", a_project_file())
        for name in order:
            write(root / name, texts[name])
        monkeypatch.chdir(root)
        for paths in ((), *([("campaigns/a", "campaigns/c", "campaigns/b")] * (order != names))):
            assert cli("plan", *paths, "-o", "plan.json").code == 0
            document = document_in(root)
            del document["saved"]["made_at"], document["saved"]["seal"]
            documents.append(json.dumps(document))
    assert len(documents) == 3
    assert len(set(documents)) == 1


# plan show


def saved_elsewhere(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save a plan, and go where there is nothing but it."""
    a_workspace(root / "project", *manifests(2), a_manifest(name="off", list_id="o", enabled=False))
    monkeypatch.chdir(root / "project")
    assert cli("plan", "-o", "../plan.json").code == 0
    (root / "empty").mkdir()
    monkeypatch.chdir(root / "empty")


@pytest.mark.parametrize("arguments", [(), ("-v",)], ids=["short", "verbose"])
def test_a_saved_plan_is_shown_as_it_was_without_its_project(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    a_workspace(tmp_path / "project", *manifests(2))
    monkeypatch.chdir(tmp_path / "project")
    shown = cli("plan", "-o", "../plan.json", *arguments)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringg-runner.yaml").write_text("broken: [")
    done = cli("plan", "show", "plan.json", *arguments)
    assert (done.code, done.out) == (0, shown.out)
    assert "plan.json was made 20" in done.err
    assert f" ago) by ringg-runner {__version__} for production\n" in done.err


def test_a_saved_plan_is_shown_as_the_json_that_plan_writes(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_elsewhere(cli, tmp_path, monkeypatch)
    done = cli("plan", "show", "../plan.json", "--format", "json")
    document = json.loads((tmp_path / "plan.json").read_text())
    del document["saved"]
    assert (done.code, done.out) == (0, f"{documents.encode(document)}\n")


def test_a_saved_plan_that_was_changed_is_not_shown(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_elsewhere(cli, tmp_path, monkeypatch)
    path = tmp_path / "plan.json"
    path.write_text(path.read_text().replace("pool-1", "pool-2"))
    done = cli("plan", "show", str(path))
    assert (done.code, done.out) == (3, "")
    assert "was changed: its seal is not that of what it holds" in done.err
    assert "make the plan again: ringg-runner plan -o plan.json" in done.err


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--env", "sandbox", "plan.json")])
def test_plan_show_takes_one_file(cli: Cli, arguments: tuple[str, ...]) -> None:
    done = cli("plan", "show", *arguments)
    assert (done.code, done.out) == (64, "")
    assert "ringg-runner plan show" in done.err


def test_a_folder_called_show_can_still_be_planned(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "show" / "a.yaml", a_manifest())
    done = cli("plan", "./show", "--strict", "--env", "sandbox")
    assert "show/a.yaml" in done.out + done.err
    assert "plan show" in cli("plan", "--help").out
    assert cli("plan", "show", "--help").out.startswith("Usage: ringg-runner plan show ")


# --detailed-exitcode


@pytest.mark.parametrize(("enabled", "code"), [(True, 2), (False, 0)], ids=["start", "hold"])
@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--dry-run"), ("plan", "show")], ids=" ".join
)
def test_a_plan_with_a_start_is_a_2_where_that_is_asked_for(
    cli: Cli, tmp_path: Path, command: tuple[str, ...], enabled: bool, code: int
) -> None:
    texts = [a_manifest(enabled=enabled), a_manifest(name="b", list_id="b", enabled=False)]
    a_workspace(tmp_path, *texts)
    cli("plan", "-o", "plan.json")
    arguments = (*command, "plan.json") if command == ("plan", "show") else command
    assert cli(*arguments).code == 0
    detailed = cli(*arguments, "--detailed-exitcode")
    assert (detailed.code, detailed.out) == (code, cli(*arguments).out)


@pytest.mark.parametrize("output", ["text", "json"])
def test_an_apply_that_started_something_is_a_2_and_the_next_a_0(
    cli: Cli, tmp_path: Path, output: str
) -> None:
    a_workspace(tmp_path, *manifests(2))
    command = ("apply", "--env", "sandbox", "--detailed-exitcode", "--format", output)
    done = [cli(*command) for _ in range(2)]
    assert [one.code for one in done] == [2, 0]
    if output == "json":
        assert [json.loads(one.out)["exit_code"] for one in done] == [2, 0]


def test_what_failed_is_no_2_whatever_was_started_before_it(cli: Cli, tmp_path: Path) -> None:
    with serving(REGISTERED, says(400, {"message": "no"})) as server:
        a_project_at(tmp_path, server.url, *manifests(2))
        command = ("apply", "--yes", "--detailed-exitcode", "--concurrency", "1")
        done = cli(*command, RINGG_API_KEY=KEY)
    assert (done.code, done.last_line) == (1, "1 started, 1 failed")


def test_a_result_that_is_lost_is_no_2(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_workspace(tmp_path, a_manifest())
    stdout = FullAfter(0)
    monkeypatch.setattr("sys.stdout", stdout)
    with stdout.nowhere:
        done = cli("apply", "--env", "sandbox", "--detailed-exitcode", "--format", "json")
    assert done.code == 1
    assert '"exit_code": 2' in done.err
