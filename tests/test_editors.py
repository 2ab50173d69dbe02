"""What an editor shows of a manifest, asked of the language server that most of them use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from build import a_manifest
from conftest import Cli
from language_server import IS_HERE, Editor, an_editor

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "how-to" / "editors.md").read_text()
MODELINE = "# yaml-language-server: $schema=../schemas/campaign.schema.json\n"
EXAMPLES = [*sorted((ROOT / "campaigns").glob("*.yaml")), ROOT / "ringg-runner.yaml"]

pytestmark = [
    pytest.mark.skipif(not IS_HERE, reason="needs node, and .ci/editors to have been run"),
    pytest.mark.xdist_group("editors"),
]


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    """An editor with this project open."""
    with an_editor(ROOT) as editor:
        yield editor


def labels(items: list[dict[str, object]]) -> set[object]:
    return {item["label"] for item in items}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_editor_marks_nothing_in_the_examples(editor: Editor, path: Path) -> None:
    assert editor.problems(str(path), path.read_text()) == []


def test_an_unknown_key_is_marked(editor: Editor) -> None:
    text = MODELINE + a_manifest(agentid="x")
    assert editor.problems("campaigns/new.yaml", text) == ["7: Property agentid is not allowed."]


def test_each_document_of_a_file_is_checked_by_a_line_of_its_own(editor: Editor) -> None:
    below = a_manifest(agentid="x")
    with_line = f"{MODELINE}{a_manifest()}---\n{MODELINE}{below}"
    assert editor.problems("campaigns/a.yaml", with_line) == [
        "14: Property agentid is not allowed."
    ]
    without = f"{MODELINE}{a_manifest()}---\n{below}"
    assert editor.problems("campaigns/b.yaml", without) == []


def test_what_is_written_wrong_is_told_in_the_words_of_the_schema(editor: Editor) -> None:
    text = MODELINE + a_manifest(name="Two Words")
    (problem,) = editor.problems("campaigns/c.yaml", text)
    assert problem.startswith("3: a name is 1 to 63 lower-case letters, digits and hyphens")


def test_the_keys_that_may_follow_are_offered(editor: Editor) -> None:
    text = MODELINE + a_manifest() + "\n"
    items = editor.completions("campaigns/d.yaml", text, 7, 1)
    assert labels(items) >= {"callback_url", "email_completion_user_ids", "labels", "start"}
    assert "list_id" not in labels(items)
    (start,) = [item for item in items if item["label"] == "start" and item.get("documentation")]
    assert str(start["documentation"]).startswith("The window in which the campaign may be started")


def test_an_empty_file_is_offered_a_whole_manifest(editor: Editor) -> None:
    items = editor.completions("campaigns/e.yaml", MODELINE, 2, 1)
    (whole,) = [item for item in items if item["label"] == "ringg-runner campaign"]
    for key in ("version: 1", "name:", "list_id:"):
        assert key in whole["insertText"]


def test_in_the_project_file_the_settings_of_an_environment_are_offered(editor: Editor) -> None:
    modeline = "# yaml-language-server: $schema=schemas/project.schema.json\n"
    text = f"{modeline}version: 1\nenvironments:\n  production:\n    "
    items = editor.completions("environments.yaml", text, 5, 5)
    assert labels(items) >= {"base_url", "api_key_env", "ledger", "agents", "users"}


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("list_id", ["Contact list", "The uploaded contact list. A list is started once"]),
        ("agent_id", ["Agent", "The agent that handles all calls"]),
        ("number_pool_id", ["Number pool", "The managed number pool"]),
    ],
)
def test_hovering_over_a_key_tells_what_it_is_for(
    editor: Editor, key: str, shown: list[str]
) -> None:
    lines = (MODELINE + a_manifest()).splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(key))
    told = editor.hover(f"campaigns/{key}.yaml", "\n".join(lines), line, 3)
    assert told.startswith(f"#### {shown[0]}\n\n{shown[1]}")
    assert "Example" in told


def test_a_project_that_init_writes_is_known_to_editors_at_once(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    names = ("ringg-runner.yaml", "campaigns/first-campaign.yaml")
    with an_editor(tmp_path) as editor:
        for name in names:
            text = (tmp_path / name).read_text()
            assert editor.problems(name, text) == []
            copy = f"{name}-with-nonsense.yaml"
            (problem,) = editor.problems(copy, f"{text}nonsense: 1\n")
            assert problem.endswith("Property nonsense is not allowed.")


def test_the_line_for_other_editors_is_enough_by_itself(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    with an_editor(tmp_path) as editor:
        text = "# $schema: ../schemas/campaign.schema.json\nversion: 2\nname: a\nlist_id: b\n"
        assert editor.problems("campaigns/a.yaml", text) == ["2: Value must be 1."]


def test_the_settings_that_the_page_shows_need_no_line_in_the_files(
    cli: Cli, tmp_path: Path
) -> None:
    cli("init")
    found = re.search(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    schemas = json.loads(found[1])["yaml.schemas"]
    with an_editor(tmp_path, {"schemas": schemas}) as editor:
        text = a_manifest() + "---\n" + a_manifest(agentid="x")
        (problem,) = editor.problems("campaigns/deep/er.yaml", text)
        assert problem == "12: Property agentid is not allowed."
        (problem,) = editor.problems("ringg-runner.yaml", "version: 1\nmanifest: []\n")
        assert problem == "2: Property manifest is not allowed."
