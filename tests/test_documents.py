"""YAML text becomes plain data with places, or findings that say where it goes wrong."""

import json
from textwrap import dedent

import pytest
from build import a_document
from hypothesis import example, given
from hypothesis import strategies as st

from ringg_runner.authoring.documents import Document
from ringg_runner.authoring.yaml_reader import MAX_DEPTH, MAX_VALUES, read_documents
from ringg_runner.diagnostics import Diagnostic, Quote, Severity, lines_of


def findings(text: str) -> list[Diagnostic]:
    return [item for item in read_documents(text, "a.yaml") if isinstance(item, Diagnostic)]


def data(text: str) -> list[object]:
    return [item.data for item in read_documents(text, "a.yaml") if isinstance(item, Document)]


def finding(text: str) -> Diagnostic:
    (only,) = findings(text)
    return only


MISTAKES = [
    ("on as key", "on: 1", "1:1 ambiguous-scalar", 'quote it: "on"'),
    ("on as later key", "a: b\noff: 1", "2:1 ambiguous-scalar", 'quote it: "off"'),
    ("yes", "enabled: yes", "1:10 ambiguous-scalar", "write true or false"),
    ("number in a list", "a: [b, 012]", "1:8 ambiguous-scalar", 'quote it: "012"'),
    ("time of day", "a:\n  - 10:30", "2:5 ambiguous-scalar", 'quote it: "10:30"'),
    ("duplicate key", "a: 1\nb: 2\na: 3", "3:1 duplicate-key", "the first is on line 1"),
    ("duplicate, quoted", 'a: 1\n"a": 3', "2:1 duplicate-key", "the first is on line 1"),
    ("duplicate below", "a:\n  b: 1\n  b: [{}]", "3:3 duplicate-key", "the first is on line 2"),
    ("tag", "a: !!str 12", "1:4 yaml-tag", "remove the tag"),
    ("own tag", "a: !env KEY", "1:4 yaml-tag", "remove the tag"),
    ("python tag", "a: !!python/name:os.system ''", "1:4 yaml-tag", "remove the tag"),
    ("tag of a list", "a: !!set [b]", "1:4 yaml-tag", "remove the tag"),
    ("tag of a mapping", "!!omap {a: b}", "1:1 yaml-tag", "remove the tag"),
    ("tag of a key", "!!str a: b", "1:1 yaml-tag", "remove the tag"),
    ("merge key", "<<: {a: 1}", "1:1 merge-key", "defaults in ringg-runner.yaml"),
    ("merge by alias", "a: &a {b: 1}\nc: {<<: *a}", "2:5 merge-key", "write the keys out"),
    ("number as key", "1: a", "1:1 key-not-text", 'quote it: "1"'),
    ("boolean as key", "a: {true: b}", "1:5 key-not-text", 'quote it: "true"'),
    ("null as key", "~: a", "1:1 key-not-text", 'quote it: "~"'),
    ("nothing as key", "?\n: a", "1:2 key-not-text", "quote it"),
    ("list as key", "? [a, {b: c}]\n: 1", "1:3 key-not-text", "write the key as a word"),
    ("mapping as key", "{a: b}: 1", "1:1 key-not-text", "write the key as a word"),
    ("alias as key", "a: &a b\n*a : 1", "2:1 key-not-text", "write the key as a word"),
    ("unknown alias", "a: *b", "1:4 unknown-alias", "define it above: &b"),
    ("mistyped alias", "a: &pool x\nb: *pol", "2:4 unknown-alias", "did you mean pool?"),
    ("recursive alias", "a: &a [b, *a]", "1:11 unknown-alias", "define it above"),
    ("alias across documents", "a: &a 1\n---\nb: *a", "3:4 unknown-alias", "define it above"),
    ("tab", "a:\n\tb: 1", "2:1 yaml-syntax", "indent with spaces"),
    ("at sign", "é: 1\na: @b", "2:4 yaml-syntax", "quote a text that begins with @"),
    ("backquote", "a: `b`", "1:4 yaml-syntax", "quote a text that begins with `"),
    ("per cent", "a: %b", "1:4 yaml-syntax", "quote a text that begins with %"),
    ("second colon", "a: b: c", "1:5 yaml-syntax", "quote a text that contains a colon"),
    ("open bracket", "a: [b", "2:1 yaml-syntax", "the brackets"),
    ("bracket too many", "a: [b]]", "1:7 yaml-syntax", "the brackets"),
    ("open quote", "a: 'b", "1:6 yaml-syntax", "the quotes"),
    ("bad indentation", "a: 1\n b: 2", "2:3 yaml-syntax", "check the indentation"),
    ("unknown escape", r'a: "\q"', "1:5 yaml-syntax", "check the indentation"),
    ("reference in brackets", "a: [${b.c}]", "1:6 yaml-syntax", "the brackets"),
    ("undeclared handle", "a: !e!b c", "1:4 yaml-syntax", "check the indentation"),
    ("bell", "a: 1\nb: \x07", "2:4 yaml-syntax", "remove it"),
    ("bell after other breaks", "a: 1\rb: \x07", "2:4 yaml-syntax", "remove it"),
    ("byte order mark within", "a: \ufeffb", "1:4 yaml-syntax", "remove it"),
    ("half a character", "a: \ud800", "1:4 yaml-syntax", "remove it"),
    ("too deep", "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "1:33 too-deep", "flatter"),
    ("far too deep", "- " * 100_000, "1:65 too-deep", "flatter"),
    ("too many values", "\n".join(["- a"] * MAX_VALUES), "20000:3 too-many-values", "split it"),
]


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [row[1:] for row in MISTAKES],
    ids=[row[0] for row in MISTAKES],
)
def test_a_mistake_is_told_where_it_stands_with_the_way_to_mend_it(
    text: str, place: str, hint: str
) -> None:
    told = finding(text)
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert hint in (told.hint or "")
    assert told.file == "a.yaml"
    assert told.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a: "yes"', "yes"),
        ("a: 'off'", "off"),
        ('a: "10:30"', "10:30"),
        ("a: '+91'", "+91"),
        ('a: "000123"', "000123"),
        ('a: "12e4567"', "12e4567"),
        ("a: '2026-12-01'", "2026-12-01"),
        ('a: "null"', "null"),
        ("a: ''", ""),
        ("a: |\n  yes\n", "yes\n"),
        ("a: >-\n  0123\n", "0123"),
        ("a: 2026-12-01T09:00:00+05:30", "2026-12-01T09:00:00+05:30"),
        ("a: ${agents.renewals}", "${agents.renewals}"),
        ('a: "\\u00e9\\t"', "é\t"),
        ("a: # nothing", None),
        ("? a", None),
        ("a: &x b", "b"),
        ("a: []", []),
        ("a: {}", {}),
        ("a: abc #1", "abc"),
    ],
)
def test_what_is_quoted_or_beyond_doubt_is_taken_as_it_is_written(text: str, value: object) -> None:
    assert findings(text) == []
    assert data(text) == [{"a": value}]


@pytest.mark.parametrize("key", ["on", "1", "true", "null", "<<", "2026-12-01", ""])
def test_a_quoted_key_is_text(key: str) -> None:
    assert findings(f'"{key}": b') == []
    assert data(f'"{key}": b') == [{key: "b"}]


def test_an_alias_stands_for_what_its_anchor_marks() -> None:
    text = "a: &a {b: [1]}\nc: *a\nd: &d e\nf: *d"
    assert findings(text) == []
    assert data(text) == [{"a": {"b": [1]}, "c": {"b": [1]}, "d": "e", "f": "e"}]


def test_an_alias_stands_for_the_last_anchor_of_its_name() -> None:
    assert data("a: &x 1\nb: &x 2\nc: *x") == [{"a": 1, "b": 2, "c": 2}]


def test_aliases_count_as_what_they_stand_for() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    told = finding(bomb)
    assert (told.rule, told.position.line) == ("too-many-values", 5)
    assert "split it" in (told.hint or "")


def test_unknown_aliases_count_too() -> None:
    text = "[" + "*a, " * (MAX_VALUES + 10) + "]"
    assert [told.rule for told in findings(text)[-2:]] == ["unknown-alias", "too-many-values"]


def test_as_many_values_as_are_allowed_are_read() -> None:
    (items,) = data("\n".join(["- a"] * (MAX_VALUES - 1)))
    assert isinstance(items, list)
    assert len(items) == MAX_VALUES - 1


def test_each_document_may_hold_as_many_values() -> None:
    text = "\n---\n".join(["\n".join(["- a"] * (MAX_VALUES - 1))] * 2)
    assert findings(text) == []


def test_what_is_nested_as_deep_as_allowed_is_read() -> None:
    assert findings("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n", "--- # nothing\n...\n", "~"])
def test_a_text_without_content_has_no_findings(text: str) -> None:
    assert findings(text) == []
    assert data(text) in ([], [None])


def test_several_documents_are_read_each_with_its_place() -> None:
    first, second = read_documents("a: 1\n---\n# a comment\na: 2\n", "a.yaml")
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.data, first.position) == ({"a": 1}, (1, 1))
    assert (second.data, second.position) == ({"a": 2}, (4, 1))


def test_a_syntax_error_ends_the_file_after_the_documents_before_it() -> None:
    first, told = read_documents("a: 1\n---\nb: [", "a.yaml")
    assert isinstance(first, Document)
    assert isinstance(told, Diagnostic)
    assert (told.rule, told.position) == ("yaml-syntax", (4, 1))


def test_findings_before_a_syntax_error_are_told_too() -> None:
    assert [told.rule for told in findings("a: yes\nb: [")] == ["ambiguous-scalar", "yaml-syntax"]


def test_findings_before_a_refusal_are_told_too() -> None:
    rules = [told.rule for told in findings("a: yes\nb: " + "[" * 40 + "]" * 40)]
    assert rules == ["ambiguous-scalar", "too-deep"]


def test_a_document_with_findings_is_there_with_all_of_them() -> None:
    items = list(read_documents("a: yes\na: no\nb: !x 012\n", "a.yaml"))
    assert [item.rule for item in items[:-1] if isinstance(item, Diagnostic)] == [
        "ambiguous-scalar",
        "duplicate-key",
        "yaml-tag",
    ]
    assert isinstance(items[-1], Document)
    assert items[-1].data == {"a": "yes", "b": "012"}


def test_what_stands_below_a_merge_key_is_checked_and_not_kept() -> None:
    rules = [told.rule for told in findings("<<: {a: yes}\nb: 1")]
    assert rules == ["merge-key", "ambiguous-scalar"]
    assert data("<<: {a: yes}\nb: 1") == [{"b": 1}]


DOCUMENT = dedent(
    """\
    # a comment
    name: "é"
    start: {not_before: a}
    ids:
      - ${users.a}
      - "$${users.b} ${users.b}"
    shared: &shared
      inner: x
    again: *shared
    folded: >
      text
      ${users.c}
    """
)


@pytest.mark.parametrize(
    ("pointer", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("name",), (2, 7), (2, 1)),
        (("start", "not_before"), (3, 21), (3, 9)),
        (("ids", 1), (6, 5), (6, 5)),
        (("shared", "inner"), (8, 10), (8, 3)),
        (("again",), (9, 8), (9, 1)),
        (("again", "inner"), (9, 8), (9, 8)),
        (("nothing", 0, "here"), (2, 1), (2, 1)),
    ],
    ids=["root", "value", "flow", "item", "anchored", "alias", "in an alias", "nowhere"],
)
def test_every_key_and_value_has_its_place(
    pointer: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    document = a_document(DOCUMENT)
    assert document.at(pointer).start == value
    assert document.at_key(pointer).start == key


@pytest.mark.parametrize(
    ("pointer", "fragment", "place"),
    [
        (("ids", 0), "${users.a}", (5, 5)),
        (("ids", 1), "${users.b}", (6, 18)),
        (("ids", 1), "${users.x}", (6, 5)),
        (("folded",), "${users.c}", (12, 3)),
    ],
    ids=["plain", "after an escape", "hidden", "folded"],
)
def test_a_reference_has_its_place_within_its_text(
    pointer: tuple[str | int, ...], fragment: str, place: tuple[int, int]
) -> None:
    assert a_document(DOCUMENT).at_text(pointer, fragment).start == place


@pytest.mark.parametrize(
    ("text", "pointer", "stretch"),
    [
        ("a: word # why", ("a",), ((1, 4), (1, 8))),
        ("a: 'it''s'", ("a",), ((1, 4), (1, 11))),
        ("a: b\n   c\nd: e", ("a",), ((1, 4), (2, 5))),
        ("a: |\n  b\n  c\nd: e", ("a",), ((1, 4), (3, 4))),
        ("a: |\nb: c", ("a",), ((1, 4), (1, 5))),
        ("a:\nb: c", ("a",), ((1, 3), None)),
        ("a: &x b\nc: *x", ("c",), ((2, 4), (2, 6))),
        ("a: {b: c} # why", ("a",), ((1, 4), (1, 10))),
        ("a: {b: c,\n  d: e}", ("a",), ((1, 4), (1, 10))),
        ("a:\n  b: c \n  d: e", ("a",), ((2, 3), (2, 7))),
        ("a:\n- b\n- c", ("a",), ((2, 1), (2, 4))),
        ("a: []", ("a",), ((1, 4), (1, 6))),
        ("a: b\nc: d", (), ((1, 1), (1, 5))),
        ("é😀: b", ("é😀",), ((1, 5), (1, 6))),
    ],
    ids=lambda value: repr(value) if isinstance(value, str) else "",
)
def test_a_place_ends_with_its_word_or_with_the_first_line_of_a_collection(
    text: str,
    pointer: tuple[str | int, ...],
    stretch: tuple[tuple[int, int], tuple[int, int] | None],
) -> None:
    assert a_document(text).at(pointer)[:2] == stretch


def test_the_place_of_a_key_is_the_key() -> None:
    document = a_document("'a b' : c")
    assert document.at_key(("a b",))[:2] == ((1, 1), (1, 6))
    assert document.at_key(("a b",)).quote == Quote("'a b' : c")


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("a: x${b}y", ((1, 5), (1, 9))),
        ("a: x\n  ${b}", ((2, 3), (2, 7))),
        ("a: |\n  x\n  ${b}\n", ((3, 3), (3, 7))),
        ("{a: x, c: '${b}'}", ((1, 5), (1, 6))),
    ],
    ids=["in a word", "on its second line", "in a block", "elsewhere alone"],
)
def test_the_place_of_a_reference_is_the_reference_within_its_value(
    text: str, stretch: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    assert a_document(text).at_text(("a",), "${b}")[:2] == stretch


def test_a_column_counts_characters() -> None:
    document = a_document('{"é😀": a, b: c}')
    assert document.at(("b",)).start == (1, 14)


YAML_LIKE = st.text(alphabet="ab01:-?!&*#%@`'\"|>[]{},<=~. \t\r\n\\$\x85\u2028\ufeff\x00\ud800é")


@given(st.text() | YAML_LIKE)
@example("*")
@example("? [")
@example("%YAML 2.0\n---\na")
@example("%TAG ! tag:x,2000:\n---\n!x a")
@example("&a [*a]")
@example('"\\ud800"')
def test_no_text_breaks_the_reading_and_every_place_is_in_the_text(text: str) -> None:
    for item in read_documents(text, "a.yaml"):
        assert item.position.line >= 1
        assert item.position.column >= 1
        if isinstance(item, Diagnostic):
            assert item.hint
            assert item.end is None or item.end > item.position
            assert item.quote is None or item.quote.text in lines_of(text)
        else:
            for place in (*item.places().keys.values(), *item.places().values.values()):
                assert place.end is None or place.end > place.start


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_is_read_as_it_is(value: object) -> None:
    assert data(json.dumps(value, ensure_ascii=False)) == [value]
