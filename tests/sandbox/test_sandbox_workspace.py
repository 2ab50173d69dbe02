"""What a workspace holds, and what a seed file may say."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ringg_runner.sandbox import Workspace, WorkspaceError, load_workspace
from ringg_runner.sandbox.workspace import ContactList, User

SEED = """
workspace: {id: w-1, name: Rehearsal, credits: 12.5}
agents: [a-1, a-2]
lists:
  - {id: l-1, name: Diwali, agent_id: a-1, contacts: 98}
  - l-2
  - {id: l-3, agent_id: null}
number_pools: [p-1]
users:
  - {id: u-1, username: asha, email: asha@example.com, role: admin}
  - u-2
"""


def a_seed(folder: Path, text: str) -> Path:
    path = folder / "seed.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_seed_says_what_exists(tmp_path: Path) -> None:
    assert load_workspace(a_seed(tmp_path, SEED)) == Workspace(
        id="w-1",
        name="Rehearsal",
        credits=12.5,
        agents=("a-1", "a-2"),
        lists={
            "l-1": ContactList("l-1", "Diwali", "a-1", 98),
            "l-2": ContactList("l-2", "l-2"),
            "l-3": ContactList("l-3", "l-3"),
        },
        number_pools=("p-1",),
        users={
            "u-1": User("u-1", "asha", "asha@example.com", "admin"),
            "u-2": User("u-2"),
        },
    )


@pytest.mark.parametrize(
    "text",
    ["{}", "agents:\nlists:\nworkspace:\n", "workspace: {}\nusers: []"],
    ids=["nothing", "bare headings", "empty sections"],
)
def test_what_a_seed_leaves_out_does_not_exist(tmp_path: Path, text: str) -> None:
    workspace = load_workspace(a_seed(tmp_path, text))
    assert (workspace.id, workspace.name) == (Workspace().id, "Sandbox")
    assert not workspace.has_agent("a")
    assert not workspace.has_list("l")
    assert not workspace.has_number_pool("p")
    assert not workspace.has_user("u")


@pytest.mark.parametrize(("some_id", "exists"), [("any", True), ("unknown-any", False)])
def test_in_the_default_workspace_every_id_exists_but_an_unknown_one(
    some_id: str, exists: bool
) -> None:
    workspace = Workspace()
    asked = [workspace.has_agent, workspace.has_list, workspace.has_number_pool, workspace.has_user]
    assert [has(some_id) for has in asked] == [exists] * 4


def test_a_seed_may_name_an_id_that_begins_with_unknown(tmp_path: Path) -> None:
    assert load_workspace(a_seed(tmp_path, "agents: [unknown-1]")).has_agent("unknown-1")


def test_a_list_of_which_nothing_is_known_is_named_by_its_id() -> None:
    assert Workspace().contact_list("l-9") == ContactList("l-9", name="l-9")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", "is not valid YAML: while parsing"),
        ("[" * 1000, "is not valid YAML: maximum recursion depth"),
        ("agents: [2026-13-45]", "is not valid YAML: month must be in 1..12"),
        ("{}\n---\n{}", "is not valid YAML: expected a single document"),
        ("", "the seed must be a mapping"),
        ("- a", "the seed must be a mapping"),
        ("pools: []\n1: 2", "the seed has unknown keys: 'pools', 1"),
        ("workspace: []", "workspace must be a mapping"),
        ("workspace: {key: k}", "workspace has unknown keys: 'key'"),
        ("workspace: {id: 7}", "workspace.id must be an id"),
        ("workspace: {name: 7}", "workspace.name must be a string"),
        ('workspace: {name: "a\\nb"}', "workspace.name must be a string of printable"),
        ("workspace: {credits: many}", "workspace.credits must be a number"),
        ("workspace: {credits: true}", "workspace.credits must be a number"),
        ("workspace: {credits: .nan}", "workspace.credits must lie between 0 and"),
        ("workspace: {credits: .inf}", "workspace.credits must lie between 0 and"),
        ("agents: a-1", "agents must be a list"),
        ("agents: [a-1, '']", "agents[1] must be an id: a non-empty string"),
        ("agents: ['a 1']", "agents[0] must be an id: a non-empty string"),
        ('agents: ["\\ud800"]', "agents[0] must be an id: a non-empty string"),
        ("number_pools: [123]", "number_pools[0] must be an id"),
        ("lists: [7]", "lists[0] must be a mapping"),
        ("lists: [{name: x}]", "lists[0].id must be an id"),
        ("lists: [{id: x, size: 3}]", "lists[0] has unknown keys: 'size'"),
        ("lists: [{id: x, name: 3}]", "lists[0].name must be a string"),
        ("lists: [{id: x, agent_id: 3}]", "lists[0].agent_id must be an id"),
        ("lists: [{id: x, contacts: 1.5}]", "lists[0].contacts must be a whole number"),
        ("lists: [{id: x, contacts: true}]", "lists[0].contacts must be a number"),
        ("lists: [{id: x, contacts: -1}]", "lists[0].contacts must lie between 0 and"),
        ("lists: [x, {id: x}]", "lists[1] repeats the id 'x'"),
        ("users: [[]]", "users[0] must be a mapping"),
        ("users: [{id: u, email: 3}]", "users[0].email must be a string"),
        ("users: [{email: e}]", "users[0].id must be an id"),
        ("users: [u, u]", "users[1] repeats the id 'u'"),
    ],
)
def test_a_seed_of_the_wrong_shape_is_refused_by_file_and_problem(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = a_seed(tmp_path, text)
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(path)
    assert str(caught.value).startswith(f"{path}: {problem}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("absent.yaml", "No such file or directory"), ("", "Is a directory")],
    ids=["absent", "a folder"],
)
def test_a_seed_that_cannot_be_read_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    path = tmp_path / name
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(path)
    assert str(caught.value) == f"{path}: cannot be read: {problem}"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_bytes(b"agents: [\xff\xfe]")
    with pytest.raises(WorkspaceError, match="is not valid YAML"):
        load_workspace(path)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_KEYS = st.sampled_from(["workspace", "agents", "lists", "number_pools", "users", "id", "contacts"])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(document=st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_any_document_is_a_workspace_or_a_workspace_error(
    tmp_path_factory: pytest.TempPathFactory, document: object
) -> None:
    path = a_seed(tmp_path_factory.getbasetemp(), yaml.safe_dump(document))
    with suppress(WorkspaceError):
        assert isinstance(load_workspace(path), Workspace)
