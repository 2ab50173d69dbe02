"""How far waiting has come, and what it came to, in words."""

from __future__ import annotations

import pytest
from build import NOW, a_campaign
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.server_list import Listing, Row, Unreadable
from ringg_runner.campaigns import ListId
from ringg_runner.redaction import harmless
from ringg_runner.report.waiting import changes, counts, of_end, of_waited
from ringg_runner.waiting import End, Seen, Waited, Waiting


def looked(people: int | None = None, **words: str | None) -> Waiting:
    """The waiting for campaigns of these names after a look that showed these words."""
    seen = tuple(Seen(a_campaign(name=name, list_id=name)) for name in words)
    rows = {
        ListId(name): Row(ListId(name), word, people=people)
        for name, word in words.items()
        if word != "absent"
    }
    return Waiting(seen).after(Listing(rows), NOW)


def summary(waiting: Waiting) -> str:
    return ", ".join(words for _, words in counts(waiting))


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (looked(a="completed", b="Completed"), "2 completed"),
        (
            looked(a="completed", b="terminated", c="completed", d="ongoing"),
            "2 completed, 1 terminated, 1 still live",
        ),
        (
            looked(a="failed", b="no_valid_contacts", c="Failed"),
            "0 completed, 2 failed, 1 no_valid_contacts",
        ),
        (
            looked(a="draft", b="dormant", c=None, d="absent"),
            "0 completed, 4 not known to be over",
        ),
        (Waiting((Seen(a_campaign()),)), "0 completed, 1 not known to be over"),
    ],
)
def test_only_what_the_list_said_is_counted_as_an_end(waiting: Waiting, said: str) -> None:
    assert summary(waiting) == said


def test_each_change_is_a_line() -> None:
    first = looked(people=4812, a="ongoing", b="absent", c="completed")
    assert list(changes(first)) == [
        "a: ongoing (4,812 people)",
        "b: absent",
        "c: completed (4,812 people)",
    ]
    second = first.after(Listing({ListId("a"): Row(ListId("a"), "completed")}), NOW)
    assert list(changes(second)) == ["a: completed"]
    assert list(changes(second.after(Unreadable("reset"), NOW))) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (End.LIMIT, "Not all are over, and the time limit of 4:00:00 has passed."),
        (End.INTERRUPTED, "Not all are over: interrupted after 0:01:30."),
        (End.TERMINATED, "Not all are over: told to end after 0:01:30."),
        (
            End.UNREADABLE,
            "The server's list cannot be read: whether they are over is not known.",
        ),
    ],
)
def test_why_not_all_are_over_is_said_before_the_summary(end: End, said: str) -> None:
    waited = Waited(looked(a="ongoing"), end, 90, 14_400)
    assert list(of_end(waited)) == ["", said, "0 completed, 1 still live"]


def test_a_list_that_was_not_read_in_the_end_is_told() -> None:
    broken = looked(a="ongoing").after(Unreadable("HTTP 500: Oops"), NOW)
    assert "The last look failed: HTTP 500: Oops" in of_end(Waited(broken, End.LIMIT, 90, 90))


def test_what_is_over_needs_no_reason() -> None:
    over, nothing = looked(a="failed"), Waiting(())
    assert list(of_end(Waited(over, End.OVER, 90, 90))) == ["", "0 completed, 1 failed"]
    assert list(of_end(Waited(nothing, End.OVER, 0, 90))) == ["", "nothing to wait for"]


def test_after_a_run_there_is_a_table_of_those_that_were_looked_at() -> None:
    lines = list(of_waited(Waited(looked(people=8, a="ongoing", b="absent"), End.LIMIT, 90, 90)))
    assert [line.split() for line in lines[1:4]] == [
        ["NAME", "LIST", "SERVER", "PEOPLE", "SINCE", "OVER", "WHERE"],
        ["a", "a", "ongoing", "8", "2026-12-01T04:00:00Z", "no", "campaigns/a.yaml:1"],
        ["b", "b", "absent", "-", "2026-12-01T04:00:00Z", "no", "campaigns/a.yaml:1"],
    ]
    assert list(of_waited(Waited(Waiting(()), End.OVER, 0, 90))) == ["", "nothing to wait for"]


@given(st.text(), st.text())
def test_no_word_of_a_list_commands_a_terminal(word: str, file: str) -> None:
    seen = (Seen(a_campaign(file=file)),)
    row = Row(seen[0].campaign.list_id, word)
    waiting = Waiting(seen).after(Listing({row.list_id: row}), NOW)
    told = [*changes(waiting), summary(waiting), *of_waited(Waited(waiting, End.LIMIT, 1, 1))]
    assert [harmless(line) for line in told] == told
