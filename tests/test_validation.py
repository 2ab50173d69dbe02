"""Documents against their schemas: what is wrong, in people's words, at its place."""

from pathlib import Path

import pytest
from build import a_document, a_manifest, a_project_file, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringg_runner.authoring import validation
from ringg_runner.authoring.loading import load
from ringg_runner.authoring.sources import Source
from ringg_runner.diagnostics import Diagnostic


def findings(text: str, schema: str = "campaign") -> list[Diagnostic]:
    return list(validation.validate(a_document(text), schema))


VALID = [
    a_manifest(),
    a_manifest(agent_id="${agents.a}", list_id="${lists.b}"),
    a_manifest(omit=("agent_id", "number_pool_id")),
    a_manifest(callback_url="https://hooks.example.com/${name}"),
    a_manifest(callback_url=None, email_completion_user_ids=None),
    a_manifest(email_completion_user_ids=["user-1", "user-2"]),
    a_manifest(labels={"team": "growth", "a.b/c": ""}),
    a_manifest(start={"not_before": "2026-12-01T09:00:00+05:30"}, enabled=False),
    a_manifest() + "start: {not_after: 2026-12-01T09:00:00Z}\n",
    a_manifest(name="a"),
    a_manifest(name="a" * 63),
    a_manifest(list_id="000123"),
]


@pytest.mark.parametrize("text", VALID)
def test_a_valid_manifest_has_no_findings(text: str) -> None:
    assert findings(text) == []


IDS_HINT = "an id holds no white space"
MISFITS = [
    ("no version", a_manifest(omit=["version"]), "1:1 missing-key", "add version: 1"),
    ("no name", a_manifest(omit=["name"]), "1:1 missing-key", "add name: diwali-renewals"),
    ("no list", a_manifest(omit=["list_id"]), "1:1 missing-key", "add list_id: ${lists.diwali}"),
    ("wrong version", a_manifest(version=2), "1:10 wrong-value", "write 1"),
    ("version as text", a_manifest(version="1"), "1:10 wrong-value", "write 1"),
    ("version as boolean", a_manifest(version=True), "1:10 wrong-value", "write 1"),
    ("near key", a_manifest(lst_id="a"), "6:1 unknown-key", "did you mean list_id?"),
    ("far key", a_manifest(zzz="a"), "6:1 unknown-key", "known here: version, name, agent_id"),
    ("near key below", a_manifest(start={"not_befor": "a", "not_after": "2026-12-01T09:00Z"}),
     "6:9 unknown-key", "did you mean not_before?"),
    ("list of ids as text", a_manifest(email_completion_user_ids="a"),
     "6:28 wrong-type", "write it between brackets"),
    ("id as number", a_manifest(list_id=42), "4:10 wrong-type", 'quote it: "42"'),
    ("id as boolean", a_manifest(agent_id=False), "3:11 wrong-type", 'quote it: "false"'),
    ("id as list", a_manifest(agent_id=["a"]), "3:11 wrong-type", "write one text"),
    ("id as mapping", a_manifest(agent_id={"a": "b"}), "3:11 wrong-type", "write one text"),
    ("id as null", a_manifest(number_pool_id=None), "5:17 wrong-type", "remove the key"),
    ("user id as number", a_manifest(email_completion_user_ids=["a", 1]),
     "6:34 wrong-type", 'quote it: "1"'),
    ("switch as text", a_manifest(enabled="true"), "6:10 wrong-type", "without quotes"),
    ("switch as number", a_manifest(enabled=1), "6:10 wrong-type", "write true or false"),
    ("labels as list", a_manifest(labels=["a"]), "6:9 wrong-type", "write one key: value"),
    ("label as number", a_manifest(labels={"a": 1}), "6:15 wrong-type", 'quote it: "1"'),
    ("window as text", a_manifest(start="now"), "6:8 wrong-type", "write one key: value"),
    ("document as list", "- a", "1:1 wrong-type", "write one key: value"),
    ("document as text", "--- a", "1:5 wrong-type", "write one key: value"),
    ("id with space", a_manifest(list_id="a b"), "4:10 malformed", IDS_HINT),
    ("id with break", a_manifest(list_id="a\n"), "4:10 malformed", IDS_HINT),
    ("id with control", a_manifest(list_id="a\0"), "4:10 malformed", "no control characters"),
    ("user id with space", a_manifest(email_completion_user_ids=["a b"]),
     "6:29 malformed", IDS_HINT),
    ("name in capitals", a_manifest(name="Diwali"), "2:7 malformed", "lower-case letters"),
    ("name with a break", a_manifest(name="a\n"), "2:7 malformed", "lower-case letters"),
    ("name too long", a_manifest(name="a" * 64), "2:7 malformed", "1 to 63"),
    ("name with a reference", a_manifest(name="a-${b}"), "2:7 malformed", "lower-case letters"),
    ("empty name", a_manifest(name=""), "2:7 empty", "write a value"),
    ("label's name", a_manifest(labels={"a b": "c"}), "6:10 malformed", "a label's name is"),
    ("label's value", a_manifest(labels={"a": "b c"}), "6:15 malformed", "a label's value is"),
    ("callback with space", a_manifest(callback_url="https://a b"), "6:15 malformed", "a URL"),
    ("empty id", a_manifest(list_id=""), "4:10 empty", "write a value, or remove the key"),
    ("empty callback", a_manifest(callback_url=""), "6:15 empty", "or remove the key"),
    ("empty window", a_manifest(start={}), "6:8 empty", "or remove the key"),
    ("moment without zone", a_manifest(start={"not_before": "2026-12-01T09:00:00"}),
     "6:23 no-zone", "as in 2026-12-01T09:00:00+05:30 or 2026-12-01T09:00:00Z"),
    ("day without time", a_manifest(start={"not_before": "2026-12-01"}),
     "6:23 not-a-moment", "with its time and zone"),
    ("day that is none", a_manifest(start={"not_after": "2026-02-30T09:00:00Z"}),
     "6:22 not-a-moment", "2026-12-01T09:00:00+05:30"),
    ("moment as number", a_manifest(start={"not_after": 1}), "6:22 wrong-type", "quote it"),
    ("user twice", a_manifest(email_completion_user_ids=["a", "b", "a"]),
     "6:39 repeated", "remove one of the two"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "hint"), [row[1:] for row in MISFITS], ids=[row[0] for row in MISFITS]
)
def test_a_misfit_is_told_where_it_stands_with_the_way_to_mend_it(
    text: str, place: str, hint: str
) -> None:
    (told,) = set(findings(text))
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert hint in (told.hint or "")


PROJECT_MISFITS = [
    ("no manifests", {"manifests": []}, "2:12 empty", "remove the key"),
    ("empty path", {"manifests": ["a", ""]}, "2:18 empty", "remove the key"),
    ("name as default", {"defaults": {"name": "a"}}, "2:12 unknown-key", "known here: agent_id"),
    ("environment's name", {"environments": {"a b": {}}}, "2:16 malformed", "begins with a letter"),
    ("alias's name", {"environments": {"a": {"agents": {"1": "x"}}}},
     "2:33 malformed", "begins with a letter"),
    ("key as variable", {"environments": {"a": {"api_key_env": "rk-123"}}},
     "2:37 malformed", "never the key itself"),
    ("mistyped setting", {"environments": {"a": {"agent": {}}}},
     "2:22 unknown-key", "did you mean agents?"),
    ("alias as number", {"environments": {"a": {"lists": {"b": 12}}}},
     "2:37 wrong-type", 'quote it: "12"'),
    ("no environments", {"environments": None}, "2:15 wrong-type", "remove the key"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "place", "hint"),
    [row[1:] for row in PROJECT_MISFITS],
    ids=[row[0] for row in PROJECT_MISFITS],
)
def test_a_misfit_of_the_project_file_is_told_the_same_way(
    fields: dict[str, object], place: str, hint: str
) -> None:
    (told,) = set(findings(a_project_file(**fields), "project"))
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert hint in (told.hint or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (a_manifest(list_id=4), "list_id must be text, and 4 is a number"),
        (a_manifest(list_id=True), "list_id must be text, and true is a boolean"),
        (a_manifest(list_id=[]), "list_id must be text, not a list"),
        (a_manifest(list_id={}), "list_id must be text, not a mapping"),
        (a_manifest(list_id=None), "list_id has no value"),
        (a_manifest(list_id="a b"), "a b is not valid as list_id"),
        (a_manifest(enabled="no"), "enabled must be true or false, and no is text"),
        (a_manifest(version="1"), 'version must be 1, not "1"'),
        (a_manifest(labels={"a b": ""}), "a b is not a valid key in labels"),
        (a_manifest(email_completion_user_ids=[1]), "email_completion_user_ids[0] must be text"),
        (a_manifest(start={"not_after": "noon"}), "start.not_after is not a moment: noon"),
        (a_manifest(email_completion_user_ids=["a", "a"]), "a stands in email_completion_user_ids"),
        (a_manifest(start={"x": 1}), "unknown key start.x"),
        ("[]", "the document must be a mapping, not a list"),
    ],
)
def test_a_misfit_is_told_in_peoples_words(text: str, message: str) -> None:
    assert findings(text)[0].message.startswith(message)


def test_all_that_is_missing_is_told() -> None:
    messages = [told.message for told in findings("agent_id: a")]
    assert messages == ["version is missing", "name is missing", "list_id is missing"]


def test_what_no_words_are_made_for_is_told_in_the_words_of_the_authority() -> None:
    document = a_document(
        "{version: 1, kind: diagnostics, files: -1, manifests: 0, errors: 0, warnings: 0,"
        " diagnostics: []}"
    )
    (told,) = validation.validate(document, "diagnostics")
    assert told.rule == "schema"
    assert told.message == "files: -1 is less than the minimum of 0"
    assert told.position == (1, 40)


def test_a_value_below_an_alias_is_told_where_the_alias_stands() -> None:
    text = a_manifest() + "labels: &a {b: c d}\n" + "start: *a\n"
    places = {(told.rule, tuple(told.position)) for told in findings(text)}
    assert places == {("malformed", (6, 16)), ("unknown-key", (7, 8))}


def test_what_the_reading_found_at_a_place_is_not_told_again(tmp_path: Path) -> None:
    text = a_manifest(omit=["list_id"]) + "list_id: *unknown\nenabled: yes\n"
    path = write(tmp_path / "a.yaml", text)
    (document,), found = load(Source.of(path), "campaign")
    assert [told.rule for told in found] == ["unknown-alias", "ambiguous-scalar"]
    assert document.data["enabled"] == "yes"


def test_every_document_of_a_file_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", f"{a_manifest()}---\n---\n{a_manifest(name='B')}")
    documents, found = load(Source.of(path), "campaign")
    assert [document.position.line for document in documents] == [1, 8]
    assert [(told.position.line, told.rule) for told in found] == [(9, "malformed")]


def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    documents, found = load(Source.of(tmp_path), "campaign")
    assert (documents, [told.rule for told in found]) == ([], ["unreadable"])


LINES = st.lists(
    st.sampled_from(a_manifest(labels={}, start={}, enabled=True).splitlines())
    | st.sampled_from(["---", "name: [a]", "? {", "start: *a", "labels: &a {1: 2}", "- a", "\t"])
    | st.text(),
    max_size=8,
).map("\n".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("schema", ["campaign", "project"])
@given(content=st.binary() | st.text().map(str.encode) | LINES.map(str.encode))
def test_no_file_breaks_the_loading(tmp_path: Path, schema: str, content: bytes) -> None:
    _, found = load(Source.of(write(tmp_path / "a.yaml", content)), schema)
    assert all(told.hint for told in found)
