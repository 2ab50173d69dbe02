"""The project file: found near or above, checked whole, and replaceable by nothing at all."""

from pathlib import Path
from typing import Any

import pytest
from build import a_project, a_project_file, write

from ringg_runner.authoring import project
from ringg_runner.authoring.sources import PROJECT_FILE
from ringg_runner.diagnostics import Diagnostic
from ringg_runner.errors import FindingsError, InvalidInputError


def findings(root: Path, content: str | bytes) -> tuple[Diagnostic, ...]:
    path = write(root / PROJECT_FILE, content)
    with pytest.raises(FindingsError, match="the project file is invalid") as caught:
        project.load(path, root)
    return caught.value.findings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    chosen = project.load(None, tmp_path)
    assert chosen.document is None
    assert chosen.root == tmp_path
    assert chosen.manifests == (tmp_path / "campaigns",)
    assert chosen.default_environment == "production"
    assert chosen.declared == ()
    assert chosen.known == {"production", "sandbox"}
    assert chosen.defaults == {}
    assert chosen.settings("production") == {}
    assert chosen.state == tmp_path / ".ringg-runner"


def test_a_file_that_says_its_version_alone_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / PROJECT_FILE, "version: 1\n")
    with_file, without = project.load(None, tmp_path), a_project(tmp_path)
    for part in ("root", "manifests", "default_environment", "declared", "known", "defaults"):
        assert getattr(with_file, part) == getattr(without, part)


@pytest.mark.parametrize("below", ["", "campaigns", "campaigns/deep/deeper"])
def test_the_nearest_file_here_or_above_is_taken(tmp_path: Path, below: str) -> None:
    write(tmp_path / PROJECT_FILE, a_project_file(manifests=["far"]))
    write(tmp_path / "near" / PROJECT_FILE, a_project_file(manifests=["near"]))
    directory = tmp_path / "near" / below
    directory.mkdir(parents=True, exist_ok=True)
    assert project.load(None, directory).manifests == (tmp_path / "near" / "near",)


def test_a_folder_of_that_name_is_no_project_file(tmp_path: Path) -> None:
    write(tmp_path / PROJECT_FILE, "version: 1\n")
    (tmp_path / "near" / PROJECT_FILE).mkdir(parents=True)
    assert project.load(None, tmp_path / "near").root == tmp_path


def test_a_file_that_is_named_is_taken_instead_of_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / PROJECT_FILE, a_project_file(manifests=["near"]))
    other = write(tmp_path / "other" / "p.yaml", a_project_file(manifests=["theirs", "/elsewhere"]))
    chosen = project.load(other, tmp_path)
    assert chosen.manifests == (tmp_path / "other" / "theirs", Path("/elsewhere"))


@pytest.mark.parametrize("path", ["missing.yaml", ".", "x" * 5_000], ids=lambda path: path[:9])
def test_a_file_that_is_named_and_not_there_is_an_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidInputError, match="no such project file"):
        project.load(Path(path), tmp_path)


def test_what_a_file_says_is_what_holds(tmp_path: Path) -> None:
    write(
        tmp_path / PROJECT_FILE,
        a_project_file(
            manifests=["a", "b/c.yaml"],
            default_environment="staging",
            defaults={"number_pool_id": "pool-1"},
            environments={"staging": {"agents": {"a": "agent-1"}}, "local": None},
        ),
    )
    chosen = project.load(None, tmp_path)
    assert chosen.manifests == (tmp_path / "a", tmp_path / "b" / "c.yaml")
    assert chosen.default_environment == "staging"
    assert chosen.defaults == {"number_pool_id": "pool-1"}
    assert chosen.declared == ("staging", "local")
    assert chosen.known == {"staging", "local", "production", "sandbox"}
    assert chosen.settings("staging") == {"agents": {"a": "agent-1"}}
    assert chosen.settings("local") == {}


MISTAKES = [
    ("empty", "", "1:1 empty-file", "add version: 1"),
    ("comments", "# nothing\n", "1:1 empty-file", "add version: 1"),
    ("second document", "version: 1\n---\nversion: 1\n", "3:1 second-document", "remove this one"),
    ("not UTF-8", b"version: 1\n# \xff", "2:3 not-utf-8", "UTF-8"),
    ("syntax", "version: [", "2:1 yaml-syntax", "brackets"),
    ("no mapping", "- version: 1", "1:1 wrong-type", "write one key: value"),
    ("no version", "manifests: [a]", "1:1 missing-key", "add version: 1"),
    ("unknown key", "version: 1\nmanifest: a", "2:1 unknown-key", "did you mean manifests?"),
    ("near default", a_project_file(default_environment="prodution"),
     "2:22 unknown-environment", "did you mean production?"),
    ("far default", a_project_file(default_environment="zzz"),
     "2:22 unknown-environment", "known: production, sandbox"),
    ("no default", a_project_file(default_environment=""),
     "2:22 unknown-environment", "known: production, sandbox"),
    ("plain off elsewhere", "version: 1\ndefault_environment: off",
     "2:22 ambiguous-scalar", 'quote it: "off"'),
    ("plain on for a rule", "version: 1\nrules: {non-uuid-id: on}",
     "2:22 ambiguous-scalar", "write off, info, warning or error"),
    ("plain Off for a rule", "version: 1\nrules: {non-uuid-id: Off}",
     "2:22 ambiguous-scalar", "write off, info, warning or error"),
    ("rules as word", "version: 1\nrules: off", "2:8 ambiguous-scalar", 'quote it: "off"'),
    ("no level", "version: 1\nrules: {non-uuid-id: warn}", "2:22 wrong-value", "warning?"),
    ("boolean as level", "version: 1\nrules: {non-uuid-id: false}",
     "2:22 wrong-value", "write off, info, warning or error"),
    ("near rule", "version: 1\nrules: {non-uid-id: off}",
     "2:9 unknown-key", "did you mean non-uuid-id?"),
    ("far rule", "version: 1\nrules: {zzz: off}", "2:9 unknown-key", "known here: no-such-file"),
    ("fixed rule", "version: 1\nrules: {duplicate-list: off}", "2:25 fixed-rule", "remove it"),
    ("two keys", a_project_file(environments={"a": {"api_key_env": "A", "api_key_file": "b"}}),
     "2:42 two-keys", "keep one of the two"),
    ("plain http", a_project_file(environments={"a": {"base_url": "http://a.example"}}),
     "2:34 base-url", "https://"),
    ("query", a_project_file(environments={"a": {"base_url": "https://a.example/?b"}}),
     "2:34 base-url", "https://"),
    ("no URL", a_project_file(environments={"a": {"base_url": "sandboxx"}}),
     "2:34 base-url", "https://"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "place", "hint"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_is_told_where_it_stands_with_the_way_to_mend_it(
    tmp_path: Path, content: str | bytes, place: str, hint: str
) -> None:
    (told,) = findings(tmp_path, content)
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert hint in (told.hint or "")
    assert told.file.endswith(PROJECT_FILE)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    environments = {
        "a": {"base_url": "http://a.example"},
        "b": {"base_url": "http://b.example", "api_key_env": "A", "api_key_file": "b"},
    }
    content = a_project_file(default_environment="x", environments=environments)
    rules = [told.rule for told in findings(tmp_path, content)]
    assert rules == ["unknown-environment", "base-url", "two-keys", "base-url"]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "sandbox"},
        {"base_url": "https://a.example/v0"},
        {"base_url": "http://localhost:8080"},
        {"base_url": "${env.URL}"},
        {"api_key_file": "key"},
        {"api_key_env": "KEY"},
        None,
    ],
    ids=str,
)
def test_an_environment_without_a_mistake_is_fine(tmp_path: Path, settings: Any) -> None:
    write(tmp_path / PROJECT_FILE, a_project_file(environments={"a": settings}))
    assert project.load(None, tmp_path).settings("a") == (settings or {})


@pytest.mark.parametrize(
    "rules",
    [
        "{non-uuid-id: off, unused-alias: info}",
        "{non-uuid-id: \"off\", unused-alias: 'info'}",
        "{non-uuid-id: &off off, unused-alias: info}",
        "\n  non-uuid-id: off\n  unused-alias: info",
    ],
)
def test_off_needs_no_quotes_where_a_rule_is_set(tmp_path: Path, rules: str) -> None:
    write(tmp_path / PROJECT_FILE, f"version: 1\nrules: {rules}\n")
    assert project.load(None, tmp_path).levels == {"non-uuid-id": "off", "unused-alias": "info"}


def test_what_is_fixed_is_said_with_its_reason_and_may_be_set_to_what_it_is(
    tmp_path: Path,
) -> None:
    (told,) = findings(tmp_path, "version: 1\nrules: {duplicate-list: warning}\n")
    assert told.message == (
        "duplicate-list cannot be set to warning: each list is started once, as one campaign"
    )
    write(tmp_path / PROJECT_FILE, "version: 1\nrules: {duplicate-list: error}\n")
    assert project.load(None, tmp_path).levels == {"duplicate-list": "error"}
