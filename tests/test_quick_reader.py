"""The quick reader reads what the exact one reads, or nothing."""

import pytest
from build import a_manifest, a_project_file
from hypothesis import example, given
from hypothesis import strategies as st

from ringg_runner.authoring import quick_reader
from ringg_runner.authoring.documents import Document
from ringg_runner.authoring.yaml_reader import MAX_DEPTH, MAX_DOCUMENTS, MAX_VALUES, read_documents

FULL = a_manifest(
    labels={"team": "growth"},
    start={"not_before": "2026-12-01T09:00:00Z"},
    email_completion_user_ids=["u1", "u2"],
    enabled=True,
)

UNUSUAL = {
    "a duplicate key": "a: 1\na: 1\n",
    "a duplicate key in quotes": "a: 1\n'a': 1\n",
    "a duplicate key deep inside": "a: {b: [{c: 1, c: 1}]}\n",
    "a trap": "a: yes\n",
    "a trap in a list": "[a, 1.10]\n",
    "a trap as a key": "on: 1\n",
    "a number as a key": "1: a\n",
    "null as a key": "? \n: a\n",
    "a list as a key": "? [a]\n: a\n",
    "a mapping as a key": "{a: 1}: a\n",
    "a merge key": "<<: {a: 1}\n",
    "a tag": "a: !!str 1\n",
    "a tag of our own": "a: !mine b\n",
    "a tag on the root": "!!map {a: 1}\n",
    "a tag on a key": "!!str a: 1\n",
    "an anchor": "a: &x 1\n",
    "an alias": "a: &x 1\nb: *x\n",
    "an unknown alias": "a: *x\n",
    "an alias bomb": "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "a mistake in the syntax": "a: [1\n",
    "a mistake after a document": "a: 1\n---\na: [1\n",
    "a tab": "a:\n\tb: 1\n",
    "a control character": "a: \x07\n",
    "a byte order mark inside": "a: b\ufeff\n",
    "a document too many": "--- a\n" * (MAX_DOCUMENTS + 1),
    "a value too many": f"[{'a, ' * MAX_VALUES}]",
    "a level too many": "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    "more levels than any stack has": "[" * 100_000 + "]" * 100_000,
}

USUAL = {
    "nothing": "",
    "a comment": "# nothing\n",
    "empty documents": "---\n---\n",
    "several documents": "a: 1\n---\nb: 2\n...\n---\n- c\n",
    "a manifest": FULL,
    "a project file": a_project_file(environments={"production": {"agents": {"a": "b"}}}),
    "words that are quoted": "a: 'yes'\nb: \"1.10\"\nc: '<<'\nd: ''\n",
    "words of all kinds": "a: ~\nb: true\nc: -12\nd: 2026-12-01T09:00:00Z\ne:\nf: word\n",
    "folds and blocks": "a: |\n  b\n  c\nd: >-\n  e\n  f\n",
    "flows": "{a: [b, {c: d}], 'e': []}\n",
    "as many documents as allowed": "--- a\n" * MAX_DOCUMENTS,
    "as many values as allowed": f"[{'a, ' * (MAX_VALUES - 1)}]",
    "as many levels as allowed": "[" * MAX_DEPTH + "]" * MAX_DEPTH,
}


def exactly(text: str) -> list[Document]:
    """The documents of a text in which the exact reader finds nothing wrong."""
    items = list(read_documents(text, "a.yaml"))
    documents = [item for item in items if isinstance(item, Document)]
    assert documents == items
    return documents


def seen(documents: list[Document]) -> list[object]:
    # By repr too, since 1 == True to Python.
    return [(document, repr(document.data), document.places()) for document in documents]


@pytest.mark.parametrize("text", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_left_to_the_exact_reader(text: str) -> None:
    assert quick_reader.read_documents(text, "a.yaml") is None


@pytest.mark.parametrize("text", USUAL.values(), ids=USUAL)
def test_what_is_usual_is_read_as_the_exact_reader_reads_it(text: str) -> None:
    quick = quick_reader.read_documents(text, "a.yaml")
    assert quick is not None
    assert seen(quick) == seen(exactly(text))


PIECES = st.sampled_from(
    [
        *FULL.splitlines(),
        *("---", "...", "- ", "? ", ": ", "  ", "\t", "{", "}", "[", "]", ",", "#", "|", ">", "'"),
        *('"', "<<: ", "&a ", "*a", "!!str ", "! ", "!x ", "%TAG ! tag:x,2000:", "%YAML 1.1"),
        *("yes", "~", "=", "0x1", "1.10", "1:30", "2026-12-01", "2026-12-01T09:00:00", "-0"),
        *("\x85", "\u2028", "\ufeff", "\r", "\x07", "\ud7ff", "é", "a: b", '"\\x1c"', '"\\0"'),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | PIECES
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | PIECES, inner),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A manifest of which some characters were removed, repeated, or replaced by a piece."""
    text = FULL
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(text)))
        last = draw(st.integers(first, min(len(text), first + 20)))
        middle = draw(PIECES | st.just("") | st.just(text[first:last] * 2))
        text = text[:first] + middle + text[last:]
    return text


def dumped(value: object) -> str:
    """A value as YAML, of which the strings are plain, so that they may become anything."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {dumped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped, value)) + "]"
    return str(value)


@given(
    st.text()
    | mutated()
    | NESTED.map(dumped)
    | st.lists(PIECES | st.text(max_size=3), max_size=12).map("\n".join)
    | st.lists(PIECES, max_size=12).map("".join)
)
@example("! a: ! 'b'\n")
@example("a: ! \n")
def test_the_quick_reader_reads_what_the_exact_one_reads_or_nothing(text: str) -> None:
    quick = quick_reader.read_documents(text, "a.yaml")
    if quick is not None:
        assert seen(quick) == seen(exactly(text))
