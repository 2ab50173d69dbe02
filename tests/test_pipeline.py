"""From paths to a plan: everything is checked before anything is planned."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from build import NOW, a_manifest, a_project_file, a_workspace, write

from ringg_runner import pipeline
from ringg_runner.api.server_list import Listing, Row, Unreadable
from ringg_runner.authoring.project import Project
from ringg_runner.campaigns import ListId
from ringg_runner.diagnostics import Diagnostic, Severity
from ringg_runner.errors import FindingsError, InvalidInputError, UsageError
from ringg_runner.pipeline import Checked, Selection
from ringg_runner.planner import Plan


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


EVERYTHING = Selection()


def check(root: Path, selection: Selection = EVERYTHING, **environ: str) -> Checked:
    return pipeline.check(selection, root, environ, NOW)


@dataclass(frozen=True)
class Planned:
    """What `plan` shows, and where it comes from."""

    project: Project
    plan: Plan
    findings: tuple[Diagnostic, ...]


def make(root: Path, selection: Selection = EVERYTHING, **environ: str) -> Planned:
    prepared = pipeline.prepare(selection, root, environ, NOW)
    return Planned(prepared.project, prepared.plan(NOW), prepared.findings)


def names(planned: Planned) -> list[str]:
    return [start.campaign.name for start in planned.plan.starts]


def rules(checked: Checked) -> list[str]:
    return [finding.rule for finding in checked.findings]


def test_a_valid_workspace_has_no_findings_and_a_plan(here: Path) -> None:
    a_workspace(here, a_manifest(name="a"), a_manifest(name="b", list_id="list-2"))
    checked = check(here)
    assert (len(checked.files), checked.manifests, checked.findings) == (2, 2, ())
    assert (checked.errors, checked.warnings) == (0, 0)
    planned = make(here)
    assert names(planned) == ["a", "b"]
    assert planned.findings == ()
    assert planned.plan.environment.name == "production"
    assert planned.project.root == here


def test_the_project_says_where_manifests_are_and_which_environment_is_meant(here: Path) -> None:
    write(here / "ours" / "a.yaml", a_manifest(agent_id="${agents.a}"))
    project = a_project_file(
        manifests=["ours"],
        default_environment="staging",
        environments={
            "staging": {"base_url": "https://staging.example.com", "agents": {"a": "agent-7"}}
        },
    )
    write(here / "ringg-runner.yaml", project)
    planned = make(here)
    assert planned.plan.environment.base_url == "https://staging.example.com"
    assert planned.plan.starts[0].campaign.request.agent_id == "agent-7"


def test_paths_environment_and_project_file_may_be_selected(here: Path) -> None:
    a_workspace(here, a_manifest(name="a"), a_manifest(name="b"))
    other = write(here / "other.yaml", a_project_file(environments={"staging": None}))
    selection = Selection([here / "campaigns" / "2.yaml"], other, "staging")
    assert names(make(here, selection)) == ["b"]
    assert make(here, selection).plan.environment.name == "staging"


def test_the_same_workspace_has_the_same_plan(here: Path) -> None:
    a_workspace(here, a_manifest(name="b"), a_manifest(name="a", list_id="list-2"))
    first, second = make(here), make(here)
    assert first.plan == second.plan
    assert first.plan.digest == second.plan.digest
    reversed_paths = [here / "campaigns" / "2.yaml", here / "campaigns" / "1.yaml"]
    assert make(here, Selection(reversed_paths)).plan == first.plan


def test_one_mistake_stops_every_campaign_and_all_findings_travel_along(here: Path) -> None:
    a_workspace(here, a_manifest(), a_manifest(name="B", agent_id="${agents.x}"), "", "[")
    with pytest.raises(FindingsError, match="3 errors found: nothing was sent") as caught:
        make(here)
    assert [(told.file, told.rule) for told in caught.value.findings] == [
        ("campaigns/2.yaml", "malformed"),
        ("campaigns/2.yaml", "unknown-reference"),
        ("campaigns/3.yaml", "empty-file"),
        ("campaigns/4.yaml", "yaml-syntax"),
    ]


def test_a_single_mistake_is_counted_in_the_singular(here: Path) -> None:
    a_workspace(here, a_manifest(list_id=1))
    with pytest.raises(FindingsError, match=r"^1 error found: nothing was sent$"):
        make(here)


def test_a_warning_stops_nothing_and_is_told(here: Path) -> None:
    a_workspace(here, a_manifest(), "# later\n")
    planned = make(here)
    assert names(planned) == ["diwali-renewals"]
    assert [told.rule for told in planned.findings] == ["empty-file"]
    checked = check(here)
    assert (checked.errors, checked.warnings) == (0, 1)


@pytest.mark.parametrize("way", [check, make], ids=["check", "make"])
@pytest.mark.parametrize("content", [None, "# nothing\n"], ids=["no file", "empty file"])
def test_nothing_selected_is_an_error(here: Path, way: Any, content: str | None) -> None:
    (here / "campaigns").mkdir()
    if content is not None:
        write(here / "campaigns" / "1.yaml", content)
    with pytest.raises(FindingsError, match="nothing selected: no manifest in campaigns") as caught:
        way(here)
    assert caught.value.hint
    assert [told.rule for told in caught.value.findings] == ["empty-file"] * (content is not None)


def test_a_path_that_leads_nowhere_is_told_as_such(here: Path) -> None:
    assert rules(check(here)) == ["no-such-file"]
    with pytest.raises(FindingsError, match="1 error found") as caught:
        make(here)
    assert [told.rule for told in caught.value.findings] == ["no-such-file"]


def test_a_path_that_leads_nowhere_stops_the_others(here: Path) -> None:
    a_workspace(here, a_manifest())
    with pytest.raises(FindingsError, match="1 error found"):
        make(here, Selection([here / "campaigns", here / "missing"]))


ENVIRONMENTS = {
    "production": {"agents": {"a": "agent-1", "b": "agent-2"}},
    "sandbox": {"base_url": "sandbox", "agents": {"a": "agent-1"}},
}


def test_a_check_looks_at_every_environment_that_is_declared(here: Path) -> None:
    project = a_project_file(environments=ENVIRONMENTS)
    a_workspace(here, a_manifest(agent_id="${agents.b}-${agents.x}"), project=project)
    messages = [told.message for told in check(here).findings]
    assert messages == [
        "unknown reference ${agents.b} in environment sandbox",
        "unknown reference ${agents.x}",
    ]


def test_a_check_looks_at_the_one_environment_that_is_named(here: Path) -> None:
    project = a_project_file(environments=ENVIRONMENTS)
    a_workspace(here, a_manifest(agent_id="${agents.b}"), project=project)
    assert rules(check(here, Selection(environment="production"))) == ["unused-alias"]
    assert rules(check(here, Selection(environment="sandbox"))) == ["unknown-reference"]


def test_two_findings_of_one_environment_in_the_same_words_name_it_once(here: Path) -> None:
    project = a_project_file(environments={"a": None, "b": {"vars": {"x": "${v.y} ${v.y}"}}})
    text = a_manifest(email_completion_user_ids=["${vars.x}", "${vars.x}-"], agent_id="${vars.x}")
    a_workspace(here, text, project=project)
    messages = [told.message for told in check(here).findings if "v.y" in told.message]
    assert messages == ["unknown reference ${v.y} in environment b"] * 3


def test_a_setting_that_refers_to_nothing_is_told_and_the_other_environments_are_checked(
    here: Path,
) -> None:
    project = a_project_file(
        environments={"a": {"base_url": "https://${env.HOST}"}, "b": {"agents": {}}}
    )
    a_workspace(here, a_manifest(agent_id="${agents.x}"), project=project)
    told = [(f.file, f.rule, f.severity) for f in check(here).findings]
    assert told == [
        ("campaigns/1.yaml", "unknown-reference", Severity.ERROR),
        ("ringg-runner.yaml", "unset-variable", Severity.WARNING),
    ]


def test_a_variable_that_is_not_set_is_a_warning_in_a_check_and_an_error_in_a_plan(
    here: Path,
) -> None:
    a_workspace(here, a_manifest(agent_id="${env.AGENT}"))
    checked = check(here)
    assert [(told.rule, told.severity) for told in checked.findings] == [
        ("unset-variable", Severity.WARNING)
    ]
    assert (checked.errors, checked.warnings) == (0, 1)
    with pytest.raises(FindingsError, match="1 error found"):
        make(here)
    assert make(here, AGENT="agent-1").plan.starts[0].campaign.request.agent_id == "agent-1"


def test_a_mistake_in_the_project_file_is_what_a_check_finds(here: Path) -> None:
    a_workspace(here, a_manifest(), project="version: 2\nmanifest: a\n")
    checked = check(here)
    assert (checked.files, checked.manifests) == (("ringg-runner.yaml",), 0)
    assert rules(checked) == ["wrong-value", "unknown-key"]
    with pytest.raises(FindingsError, match="the project file is invalid"):
        make(here)


@pytest.mark.parametrize("way", [check, make], ids=["check", "make"])
def test_what_does_not_exist_is_told_in_a_sentence(here: Path, way: Any) -> None:
    a_workspace(here, a_manifest())
    with pytest.raises(UsageError, match="no environment is called x"):
        way(here, Selection(environment="x"))
    with pytest.raises(InvalidInputError, match=r"x\.yaml: no such project file"):
        way(here, Selection(project_file=Path("x.yaml")))


def test_a_mistake_in_the_defaults_is_told_once_for_all_manifests(here: Path) -> None:
    project = a_project_file(defaults={"number_pool_id": "${number_pools.x}"})
    manifests = [a_manifest(omit=["number_pool_id"], name=f"n{i}", list_id=f"l{i}") for i in "12"]
    a_workspace(here, *manifests, project=project)
    (told,) = check(here).findings
    assert (told.file, told.position) == ("ringg-runner.yaml", (2, 31))


def listed(**fields: Any) -> Listing:
    row = Row(**({"list_id": ListId("list-1"), "word": "draft"} | fields))
    return Listing({row.list_id: row})


@pytest.mark.parametrize("word", ["draft", None], ids=["draft", "no campaign"])
def test_a_list_that_was_uploaded_for_another_agent_is_an_error_at_its_manifest(
    here: Path, word: str | None
) -> None:
    write(here / "campaigns" / "1.yaml", "# ours\n" + a_manifest())
    prepared = pipeline.prepare(EVERYTHING, here, {}, NOW)
    with pytest.raises(FindingsError, match="list contradicts the manifests") as caught:
        prepared.plan(NOW, {}, listed(word=word, agent_id="agent-7"))
    (told,) = caught.value.findings
    assert (told.file, told.position.line, told.rule) == ("campaigns/1.yaml", 2, "other-agent")
    assert "agent-7" in told.message
    assert told.hint is not None
    assert "agent-1" in told.hint


@pytest.mark.parametrize(
    "view",
    [
        listed(agent_id="agent-1"),
        listed(),
        listed(list_id=ListId("list-2"), agent_id="agent-7"),
        listed(word="ongoing", agent_id="agent-7"),
        listed(word="terminated", agent_id="agent-7"),
        Listing(),
        Unreadable("HTTP 404"),
        None,
    ],
    ids=[
        *("this agent", "no agent told", "another list", "one that runs", "one that ended"),
        *("not listed", "unreadable", "not read"),
    ],
)
def test_whatever_else_the_server_lists_contradicts_no_manifest(here: Path, view: Any) -> None:
    a_workspace(here, a_manifest())
    plan = pipeline.prepare(EVERYTHING, here, {}, NOW).plan(NOW, {}, view)
    assert len(plan.starts) == 1
