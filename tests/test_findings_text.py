"""Findings as text: the place on a line of its own, the source line, the carets, the cure."""

from __future__ import annotations

import click
import pytest
from build import a_finding
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ringg_runner.diagnostics import Diagnostic, Position, Quote, Severity
from ringg_runner.pipeline import Checked
from ringg_runner.report import findings
from ringg_runner.report.findings import excerpt, text

WIDTH = 40


def quoting(line: str, column: int = 1, end: int | None = None, **fields: object) -> Diagnostic:
    """A finding on line 4 whose source line this is."""
    place = Position(4, column)
    return a_finding(
        position=place, end=end and Position(4, end), quote=Quote.of(line, column), **fields
    )


def shown(finding: Diagnostic, width: int = WIDTH) -> list[str]:
    """The source line and the carets, as they stand below each other."""
    found = excerpt.of(finding, width)
    assert found is not None
    return [found.source, found.indent + found.carets]


def plain(finding: Diagnostic) -> list[str]:
    return [click.unstyle(line) for line in text.of_findings([finding], WIDTH)]


def test_a_finding_is_told_in_full() -> None:
    finding = quoting("list_id: 12", 10, 12, hint="quote it")
    assert plain(finding) == [
        "campaigns/a.yaml:4:10: error: it is wrong [a-rule]",
        "  4 | list_id: 12",
        "    |          ^^",
        "  help: quote it",
        "",
    ]


def test_a_finding_without_a_line_and_a_hint_is_one_line() -> None:
    assert plain(a_finding()) == ["campaigns/a.yaml:1:1: error: it is wrong [a-rule]", ""]


@pytest.mark.parametrize("line", ["", "   ", "\t"], ids=repr)
def test_an_empty_line_is_not_shown(line: str) -> None:
    assert excerpt.of(quoting(line), WIDTH) is None


def test_a_large_line_number_pushes_both_lines_aside() -> None:
    finding = a_finding(position=Position(12_345, 1), quote=Quote("ab"))
    assert plain(finding)[1:3] == ["12345 | ab", "      | ^"]


@pytest.mark.parametrize(
    ("finding", "lines"),
    [
        (quoting("a: bcd", 4), ["a: bcd", "   ^"]),
        (quoting("a: bcd", 4, 7), ["a: bcd", "   ^^^"]),
        (quoting("a: b", 5), ["a: b", "    ^"]),
        (quoting("a: b  ", 4), ["a: b", "   ^"]),
        (quoting("a:\tb\tc", 6, 7), ["a:  b   c", "        ^"]),
        (quoting("\tb", 1, 2), ["    b", "^^^^"]),
        (quoting("日本: 語x", 5, 7), ["日本: 語x", "      ^^^"]),
        (quoting("e\u0301: x", 5, 6), ["e\u0301: x", "   ^"]),
        (quoting("a: \x1b[31m", 4, 5), ["a: \ufffd[31m", "   ^"]),
        (quoting("a: \u202eb", 5), ["a: \ufffdb", "    ^"]),
        (quoting("a: \ud800b", 5), ["a: \ufffdb", "    ^"]),
        (quoting("key: abc", 6, 9), ["key: ***", "     ^^^"]),
    ],
    ids=[
        "a point",
        "a stretch",
        "the end of the line",
        "white space at the end",
        "tabs",
        "a tab itself",
        "wide",
        "combining",
        "a control character",
        "a mark that reorders",
        "half a character",
        "what looks like a key",
    ],
)
def test_the_carets_stand_under_what_is_meant(finding: Diagnostic, lines: list[str]) -> None:
    assert shown(finding) == lines


def test_of_a_stretch_of_several_lines_the_first_is_underlined() -> None:
    finding = a_finding(position=Position(1, 4), end=Position(3, 2), quote=Quote("a: bcd  "))
    assert shown(finding) == ["a: bcd", "   ^^^"]


@pytest.mark.parametrize(
    ("column", "end", "lines"),
    [
        (1, 3, ["abcdefghijklmnopqrstuvwxyzabcdef…", "^^"]),
        (50, 52, ["…nopqrstuvwxyzabcdefghijklmnopqrs…", "           ^^"]),
        (50, 300, ["…nopqrstuvwxyzabcdefghijklmnopqrs…", "           ^^^^^^^^^^^^^^^^^^^^^^"]),
        (104, 105, ["…pqrstuvwxyz", "           ^"]),
        (105, None, ["…qrstuvwxyz", "           ^"]),
    ],
    ids=["the beginning", "the middle", "a long stretch", "the last character", "after it"],
)
def test_a_long_line_is_cut_around_the_carets(
    column: int, end: int | None, lines: list[str]
) -> None:
    assert shown(quoting("abcdefghijklmnopqrstuvwxyz" * 4, column, end)) == lines


@given(
    st.text(st.characters(exclude_categories=()), max_size=2_000),
    st.integers(1, 2_100),
    st.none() | st.integers(1, 2_100),
    st.integers(1, 120),
)
def test_no_line_leaves_its_width_and_no_terminal_obeys_it(
    line: str, column: int, end: int | None, width: int
) -> None:
    finding = quoting(line, min(column, len(line) + 1), end)
    found = excerpt.of(finding, width)
    if found is not None:
        told = [found.source, found.indent + found.carets]
        assert all(cell_len(part) <= max(width, 30) for part in told)
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for part in told for c in part)
        assert found.carets


@given(st.text("abc: ", min_size=1, max_size=300), st.data())
def test_the_first_caret_is_under_the_character_of_the_place(
    line: str, data: st.DataObject
) -> None:
    column = data.draw(st.integers(1, len(line)))
    if line.strip() and line[column - 1] != " ":
        source, carets = shown(quoting(line, column))
        assert source[carets.index("^")] == line[column - 1]


@pytest.mark.parametrize("severity", Severity)
def test_the_place_is_the_first_word_of_a_line_and_the_rule_its_last(severity: Severity) -> None:
    for line in (
        plain(quoting("a: b", severity=severity, hint="mend it"))[0],
        click.unstyle(text.one_line(a_finding(severity=severity, hint="mend it"))),
    ):
        assert line.split()[1] == f"{severity}:"
        assert line.startswith("campaigns/a.yaml:")
        assert line.endswith("[a-rule]")


def test_the_concise_form_is_one_line_for_each_finding_and_the_summary() -> None:
    checked = Checked(("a.yaml",), 2, (a_finding(hint="mend it"), a_finding()))
    assert [click.unstyle(line) for line in findings.lines(checked, "concise", WIDTH)] == [
        "campaigns/a.yaml:1:1: error: it is wrong; mend it [a-rule]",
        "campaigns/a.yaml:1:1: error: it is wrong [a-rule]",
        "2 errors, 0 warnings in 2 manifests of 1 file",
    ]


@pytest.mark.parametrize("output", ["text", "concise"])
def test_the_summary_is_the_last_line(output: str) -> None:
    checked = Checked(("a.yaml", "b.yaml"), 1, (a_finding(severity=Severity.WARNING),))
    *_, last = findings.lines(checked, output, WIDTH)
    assert last == "0 errors, 1 warning in 1 manifest of 2 files"


@given(st.text(), st.text(), st.text())
def test_what_a_finding_quotes_never_breaks_its_line(file: str, message: str, hint: str) -> None:
    finding = a_finding(file=file, message=message, hint=hint)
    assert len(text.one_line(finding).splitlines()) == 1
    assert all(len(line.splitlines()) <= 1 for line in text.of_findings([finding], WIDTH))
