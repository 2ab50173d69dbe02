"""The server's list is read whole, or called what it is; its words are read for what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.server_list import (
    MAX_PAGES,
    MAX_PASSES,
    PAGE,
    TRIES,
    Listing,
    Row,
    Standing,
    Unreadable,
    View,
    read_list,
    standing_of,
)
from ringg_runner.campaigns import ListId


@dataclass
class FakeList:
    """A list that is paged as asked, but never in pages larger than `cap`.

    `moves` happens before each page but the first.
    """

    ids: list[str]
    cap: int = PAGE
    counts: bool = True
    moves: Callable[[list[str]], None] = lambda _: None
    word: Callable[[int], str] = lambda _: "draft"
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def campaigns(self, limit: int, offset: int) -> Reply:
        if self.asked:
            self.moves(self.ids)
        self.asked.append((limit, offset))
        word = self.word(len(self.asked))
        shown = self.ids[offset : offset + min(limit, self.cap)]
        rows = [{"id": list_id, "campaign_status": word} for list_id in shown]
        pagination = {"pagination": {"total": len(self.ids)}} if self.counts else {}
        return Answer(200, {"campaigns": rows, **pagination})


@dataclass
class Says:
    """One reply after the other, the last one for ever."""

    replies: list[Reply]
    asked: int = 0

    async def campaigns(self, limit: int, offset: int) -> Reply:
        self.asked += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def read(lister: FakeList | Says) -> View:
    return asyncio.run(read_list(lister))


def listing(lister: FakeList | Says) -> Listing:
    view = read(lister)
    assert isinstance(view, Listing)
    return view


def ids(count: int) -> list[str]:
    return [f"list-{number}" for number in range(count)]


WORDS: list[tuple[str | None, Standing]] = [
    (None, Standing.NO_CAMPAIGN),
    ("draft", Standing.NOT_STARTED),
    ("verifying", Standing.NOT_STARTED),
    ("pending", Standing.NOT_STARTED),
    ("insufficient_balance", Standing.NOT_STARTED),
    ("Insufficient Balance", Standing.NOT_STARTED),
    ("in-db", Standing.LIVE),
    (" ONGOING ", Standing.LIVE),
    ("preparing", Standing.LIVE),
    ("paused", Standing.LIVE),
    ("Completed", Standing.COMPLETED),
    ("terminated", Standing.ENDED),
    ("no-valid contacts", Standing.ENDED),
    ("failed", Standing.ENDED),
    ("", Standing.UNKNOWN),
    ("drafted", Standing.UNKNOWN),
    ("on hold", Standing.UNKNOWN),
]


@pytest.mark.parametrize(("word", "standing"), WORDS, ids=[repr(word) for word, _ in WORDS])
def test_a_word_says_where_a_campaign_stands_whatever_its_spelling(
    word: str | None, standing: Standing
) -> None:
    assert standing_of(word) is standing
    assert Row(ListId("l"), word).standing is standing


def test_only_what_is_live_or_over_has_started() -> None:
    started = {standing for standing in Standing if standing.started}
    assert started == {Standing.LIVE, Standing.COMPLETED, Standing.ENDED}


def test_a_word_is_shown_as_it_came_but_harmless() -> None:
    assert Row(ListId("l"), "Paused\x1b[2J").shown_word == "Paused [2J"
    assert Row(ListId("l"), None).shown_word == "no campaign"


ROWS: list[tuple[dict[str, Any], Row]] = [
    ({"id": "a"}, Row(ListId("a"), "")),
    ({"id": "a", "campaign_status": None}, Row(ListId("a"), None)),
    ({"id": "a", "campaign_status": 7}, Row(ListId("a"), "7")),
    ({"id": "a", "agent_id": "x", "total_calls": 0}, Row(ListId("a"), "", "x", 0)),
    ({"id": "a", "agent_id": 1, "total_calls": -1}, Row(ListId("a"), "")),
    ({"id": "a", "total_calls": "98"}, Row(ListId("a"), "")),
]


@pytest.mark.parametrize(("row", "read_as"), ROWS)
def test_a_row_is_read_tolerantly(row: dict[str, Any], read_as: Row) -> None:
    view = listing(Says([Answer(200, {"campaigns": [row], "pagination": {"total": 1}})]))
    assert view == Listing({ListId("a"): read_as})


@pytest.mark.parametrize("rows", [[None], ["a"], [{"id": None}], [{"name": "a"}]])
def test_what_has_no_id_is_passed_over_and_the_list_not_called_whole(rows: list[Any]) -> None:
    view = listing(Says([Answer(200, {"campaigns": rows, "pagination": {"total": 1}})]))
    assert view == Listing({}, whole=False)


@pytest.mark.parametrize("data", [None, [], {}, {"campaigns": {}}, {"data": {"items": []}}, "x"])
def test_an_answer_in_another_shape_is_unreadable_for_good(data: Any) -> None:
    lister = Says([Answer(200, data)])
    assert read(lister) == Unreadable("the answer is not a list of campaigns", lasting=True)
    assert lister.asked == 1


@pytest.mark.parametrize("pagination", [None, [], {"total": "25"}, {"total": None}])
def test_a_total_that_is_none_counts_for_nothing(pagination: Any) -> None:
    page = Answer(200, {"campaigns": [{"id": "a"}], "pagination": pagination})
    empty = Answer(200, {"campaigns": [], "pagination": pagination})
    assert listing(Says([page, empty])).whole


@pytest.mark.parametrize(
    ("reply", "view"),
    [
        (Lost("reset"), Unreadable("reset")),
        (NotSent("refused"), Unreadable("refused")),
        (Answer(500, {}, ("Oops",)), Unreadable("HTTP 500: Oops")),
        (Answer(503), Unreadable("HTTP 503")),
        (Answer(429, {}, ("slow down",)), Unreadable("HTTP 429: slow down")),
        (Answer(408), Unreadable("HTTP 408")),
    ],
)
def test_what_fails_in_passing_is_asked_again_and_then_given_up_for_now(
    reply: Reply, view: Unreadable
) -> None:
    lister = Says([reply])
    assert read(lister) == view
    assert lister.asked == TRIES
    good = Answer(200, {"campaigns": [], "pagination": {"total": 0}})
    assert read(Says([reply, reply, good])) == Listing({})


@pytest.mark.parametrize("status", [301, 401, 403, 404, 422])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    lister = Says([Answer(status, {}, ("no",))])
    assert read(lister) == Unreadable(f"HTTP {status}: no", lasting=True)
    assert lister.asked == 1


@pytest.mark.parametrize("counts", [True, False], ids=["with a total", "without one"])
@pytest.mark.parametrize("count", [0, 1, 2, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_a_list_at_rest_is_read_whole_in_one_pass(count: int, counts: bool) -> None:
    lister = FakeList(ids(count), counts=counts)
    view = listing(lister)
    assert view.whole
    assert sorted(view.rows) == sorted(ids(count))
    assert [offset for _, offset in lister.asked] == sorted({offset for _, offset in lister.asked})


def test_a_server_that_gives_smaller_pages_than_asked_for_is_followed() -> None:
    view = listing(FakeList(ids(25), cap=10))
    assert (view.whole, len(view.rows)) == (True, 25)


def test_a_list_that_is_given_row_by_row_cannot_be_called_whole() -> None:
    view = listing(FakeList(ids(3), cap=1))
    assert (view.whole, len(view.rows)) == (False, 3)


def test_a_server_that_repeats_its_first_page_for_ever_is_left_and_not_called_whole() -> None:
    class Stubborn(FakeList):
        async def campaigns(self, limit: int, offset: int) -> Reply:
            return await super().campaigns(limit, 0)

    lister = Stubborn(ids(3 * PAGE))
    assert not listing(lister).whole
    assert len(lister.asked) <= 2 * MAX_PASSES


def test_a_list_without_end_is_left_and_not_called_whole() -> None:
    class Endless(FakeList):
        async def campaigns(self, limit: int, offset: int) -> Reply:
            self.asked.append((limit, offset))
            return Answer(200, {"campaigns": [{"id": str(offset + n)} for n in range(2)]})

    lister = Endless([])
    assert not listing(lister).whole
    assert len(lister.asked) <= MAX_PAGES * MAX_PASSES


def test_a_page_that_cannot_be_read_spoils_the_look() -> None:
    lister = Says([Answer(200, {"campaigns": [{"id": "a"}]}), Answer(403, {}, ("no",))])
    assert read(lister) == Unreadable("HTTP 403: no", lasting=True)


def test_a_row_seen_in_two_states_counts_as_the_one_that_says_more_of_a_start() -> None:
    lister = FakeList(ids(4), cap=2, word=lambda n: ["ongoing", "draft"][n > 1])
    view = listing(lister)
    assert view.rows[ListId("list-1")].standing is Standing.LIVE
    assert view.rows[ListId("list-2")].standing is Standing.NOT_STARTED


def test_a_list_that_moved_once_is_read_again_and_then_whole() -> None:
    def move_once(rows: list[str]) -> None:
        if "new" not in rows:
            rows.insert(0, "new")

    view = listing(FakeList(ids(6), cap=4, moves=move_once))
    assert (view.whole, len(view.rows)) == (True, 7)


def test_a_row_that_goes_while_another_comes_does_not_hide_the_one_between() -> None:
    def swap(rows: list[str]) -> None:
        if "list-0" in rows:
            rows.remove("list-0")
            rows.append("new")

    view = listing(FakeList(ids(4), cap=2, moves=swap))
    assert {"list-1", "list-2", "list-3", "new"} <= set(view.rows)


_PLACES = st.integers(0, 30)
_MOVES = st.lists(st.tuples(st.sampled_from(["come", "go", "nothing"]), _PLACES), max_size=3)


@given(st.integers(0, 12), st.integers(2, 5), st.booleans(), st.lists(_MOVES, max_size=24))
def test_a_row_that_was_there_all_the_time_is_found_or_the_list_is_not_called_whole(
    count: int, cap: int, counts: bool, script: list[list[tuple[str, int]]]
) -> None:
    there_all_the_time, coming = set(ids(count)), iter(range(1000))

    def move(rows: list[str]) -> None:
        for what, place in script.pop(0) if script else ():
            if what == "come":
                rows.insert(place % (len(rows) + 1), f"new-{next(coming)}")
            elif what == "go" and rows:
                there_all_the_time.discard(rows.pop(place % len(rows)))

    view = listing(FakeList(ids(count), cap, counts, move))
    assert not view.whole or there_all_the_time <= set(view.rows)


@given(st.integers(0, 12), st.integers(2, 5), st.randoms(use_true_random=False))
def test_a_list_that_is_shuffled_while_it_is_read_is_found_or_not_called_whole(
    count: int, cap: int, random: Any
) -> None:
    view = listing(FakeList(ids(count), cap, moves=random.shuffle))
    assert not view.whole or set(view.rows) == set(ids(count))


@given(st.integers(0, 300), st.integers(2, 120), st.booleans())
def test_a_list_that_stands_still_is_always_found_whole(count: int, cap: int, counts: bool) -> None:
    view = listing(FakeList(ids(count), cap, counts))
    assert view.whole
    assert set(view.rows) == set(ids(count))
