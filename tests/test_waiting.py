"""What looks at the server's list tell of the ends of campaigns, and how they are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias

import pytest
from build import BASE_URL, NOW, a_campaign, an_environment
from hypothesis import given
from hypothesis import strategies as st
from runners import ME, FakeClock

from ringg_runner.api.server_list import Listing, Row, Standing, Unreadable, View, standing_of
from ringg_runner.campaigns import Campaign, ListId
from ringg_runner.errors import ExitCode
from ringg_runner.ledger.records import Entry, Key, State
from ringg_runner.running.surroundings import Interruption
from ringg_runner.running.watch import watch
from ringg_runner.runs import Outcome, Result, Run, Stop
from ringg_runner.waiting import End, Fate, Seen, Waited, Waiting, of_a_selection

Words: TypeAlias = "dict[str, str | None]"

HOUR = 3_600.0


def listing(words: Words, *, whole: bool = True) -> Listing:
    rows = {ListId(list_id): Row(ListId(list_id), word) for list_id, word in words.items()}
    return Listing(rows, whole)


def a(**words: str | None) -> Listing:
    """A list with these campaigns, as their words."""
    return listing(dict(words))


def seen(*list_ids: str, awaited: bool = True) -> tuple[Seen, ...]:
    campaigns = (a_campaign(name=list_id, list_id=list_id) for list_id in list_ids)
    return tuple(Seen(campaign, awaited) for campaign in campaigns)


def after(waiting: Waiting, *views: View) -> Waiting:
    """The waiting after these looks, a minute apart."""
    for number, view in enumerate(views):
        waiting = waiting.after(view, NOW + timedelta(minutes=number))
    return waiting


def one(*views: View, awaited: bool = True) -> Seen:
    (campaign,) = after(Waiting(seen("x", awaited=awaited)), *views).campaigns
    return campaign


@pytest.mark.parametrize(
    ("word", "fate"),
    [
        ("completed", Fate.COMPLETED),
        ("Completed", Fate.COMPLETED),
        ("terminated", Fate.ENDED),
        ("failed", Fate.ENDED),
        ("no_valid_contacts", Fate.ENDED),
        ("ongoing", Fate.LIVE),
        ("paused", Fate.LIVE),
        ("draft", Fate.UNKNOWN),
        ("dormant", Fate.UNKNOWN),
        ("", Fate.UNKNOWN),
        (None, Fate.UNKNOWN),
    ],
    ids=str,
)
def test_only_a_word_that_ends_a_campaign_ends_it(word: str | None, fate: Fate) -> None:
    campaign = one(a(x=word))
    assert (campaign.fate, campaign.over) == (fate, fate.over)


@pytest.mark.parametrize(
    ("views", "shown", "over"),
    [
        ((), "-", False),
        ((Unreadable("HTTP 500"),), "-", False),
        ((a(),), "absent", False),
        ((a(x="ongoing"), a()), "absent", False),
        ((a(x="ongoing"), Unreadable("HTTP 500")), "ongoing", False),
        ((a(x="ongoing"), listing({}, whole=False)), "ongoing", False),
        ((listing({}, whole=False),), "-", False),
        ((a(x="completed"), a()), "completed", True),
        ((a(x="completed"), a(x="archived")), "completed", True),
        ((a(x="completed"), a(x="terminated")), "terminated", True),
        ((a(x="completed"), a(x="ongoing")), "ongoing", False),
        ((a(), a(x="completed")), "completed", True),
        ((listing({"x": "failed"}, whole=False),), "failed", True),
    ],
)
def test_what_was_seen_stands_until_the_list_says_otherwise(
    views: tuple[View, ...], shown: str, over: bool
) -> None:
    campaign = one(*views)
    assert (campaign.shown, campaign.over) == (shown, over)


@pytest.mark.parametrize(
    ("views", "minute"),
    [
        ((a(x="ongoing"),), 0),
        ((a(x="ongoing"), a(x="ongoing")), 0),
        ((a(x="draft"), a(x="ongoing"), a(x="ongoing")), 1),
        ((a(), a()), 0),
        ((a(x="ongoing"), a(), a()), 1),
        ((a(x="ongoing"), Unreadable("HTTP 500"), a(x="ongoing")), 0),
        ((a(x="completed"), a(), a()), 0),
    ],
)
def test_a_word_is_known_since_the_first_look_that_showed_it(
    views: tuple[View, ...], minute: int
) -> None:
    assert one(*views).since == NOW + timedelta(minutes=minute)


def test_what_nobody_waits_for_is_waited_for_once_it_is_seen_calling() -> None:
    assert one(a(x="draft"), awaited=False).over is None
    assert one(a(x="completed"), awaited=False).over is None
    assert one(a(x="draft"), a(x="ongoing"), awaited=False).over is False
    assert one(a(x="ongoing"), a(x="failed"), awaited=False).over is True


def test_nothing_is_over_before_the_list_was_read() -> None:
    known, unknown = Waiting(seen("x")), Waiting(seen("x", awaited=False))
    assert not known.over
    assert not unknown.over
    assert not after(unknown, Unreadable("HTTP 500")).over
    assert after(unknown, a(x="draft")).over
    assert Waiting(()).over


def test_all_are_over_only_when_each_is() -> None:
    waiting = Waiting(seen("x", "y"))
    assert not after(waiting, a(x="completed", y="ongoing")).over
    assert not after(waiting, a(x="completed")).over
    assert after(waiting, a(x="completed"), a(y="failed")).over


def pauses(*views: View) -> list[float]:
    waiting, found = Waiting(seen("x")), []
    for view in views:
        waiting = waiting.after(view, NOW)
        found.append(waiting.pause)
    return found


def test_looks_come_less_often_while_nothing_changes() -> None:
    assert pauses(*[a(x="ongoing")] * 8) == [30, 45, 67.5, 101.25, 151.875, 227.8125, 300, 300]


def test_a_change_brings_them_back() -> None:
    words = ["draft", "draft", "draft", "ongoing", "ongoing", "completed"]
    assert pauses(*(a(x=word) for word in words)) == [30, 45, 67.5, 30, 45, 30]
    people = [Listing({ListId("x"): Row(ListId("x"), "ongoing", people=n)}) for n in (8, 8, 9)]
    assert pauses(*people) == [30, 45, 30]
    assert pauses(a(x="ongoing"), a(), a()) == [30, 30, 45]


def test_a_list_that_cannot_be_read_changes_nothing() -> None:
    broken = Unreadable("HTTP 500")
    assert pauses(broken, broken, a(x="ongoing"), broken, broken) == [30, 45, 30, 45, 67.5]


def test_who_is_not_waited_for_brings_nothing_back() -> None:
    waiting = Waiting(seen("x", awaited=False))
    assert after(waiting, a(x="draft"), a(x="verifying")).changed == ()
    assert after(waiting, a(x="draft"), a(x="ongoing")).changed != ()


def test_an_answer_that_settles_nothing_is_hopeless_only_where_none_was_read_before() -> None:
    lasting = Unreadable("HTTP 403", lasting=True)
    waiting = Waiting(seen("x"))
    assert after(waiting, lasting).hopeless
    assert not after(waiting, Unreadable("HTTP 500")).hopeless
    assert not after(waiting, a(), lasting).hopeless


WORD = st.sampled_from(["draft", "ongoing", "paused", "completed", "failed", "dormant", None])
LISTINGS = st.builds(listing, st.dictionaries(st.sampled_from("xyz"), WORD), whole=st.booleans())
VIEWS = st.lists(LISTINGS | st.builds(Unreadable, st.just("reset"), st.booleans()), max_size=12)


@given(VIEWS)
def test_what_is_told_of_a_campaign_follows_from_what_was_read_of_it(views: list[View]) -> None:
    waiting = after(Waiting(seen("x", "y")), *views)
    for campaign in waiting.campaigns:
        rows = [
            view.rows.get(campaign.campaign.list_id)
            for view in views
            if isinstance(view, Listing) and (view.whole or campaign.campaign.list_id in view.rows)
        ]
        standings = [row.standing if row else None for row in rows]
        ends = (Standing.COMPLETED, Standing.ENDED)
        # An end counts from the last time that it was seen calling.
        while Standing.LIVE in standings:
            standings = standings[standings.index(Standing.LIVE) + 1 :]
        assert campaign.over == any(standing in ends for standing in standings)
        assert (campaign.since is None) == (not rows)
    assert waiting.read == any(isinstance(view, Listing) for view in views)
    assert waiting.over == (waiting.read and all(one.over for one in waiting.campaigns))
    assert sum(waiting.counts.values()) == 2


@given(VIEWS)
def test_a_pause_is_never_shorter_than_the_first_nor_ten_times_longer(views: list[View]) -> None:
    before = Waiting(seen("x", "y"), first_pause=2)
    for view in views:
        now = before.after(view, NOW)
        longer = min(max(2, before.pause * 1.5), 20)
        assert now.pause == (2 if now.changed else longer)
        before = now


def waited(end: End, **words: str | None) -> Waited:
    return Waited(after(Waiting(seen(*words)), a(**words)), end, 5, HOUR)


@pytest.mark.parametrize(
    ("done", "code"),
    [
        (Waited(Waiting(()), End.OVER, 0, HOUR), ExitCode.OK),
        (waited(End.OVER, x="completed", y="completed"), ExitCode.OK),
        (waited(End.OVER, x="completed", y="terminated"), ExitCode.FAILED),
        (waited(End.LIMIT, x="completed", y="ongoing"), ExitCode.NOT_OVER),
        (waited(End.LIMIT, x="failed", y="ongoing"), ExitCode.FAILED),
        (waited(End.LIMIT, x="dormant"), ExitCode.NOT_OVER),
        (waited(End.INTERRUPTED, x="ongoing"), ExitCode.INTERRUPTED),
        (waited(End.TERMINATED, x="ongoing"), ExitCode.TERMINATED),
        (waited(End.TERMINATED, x="no_valid_contacts", y="ongoing"), ExitCode.FAILED),
        (Waited(Waiting(seen("x")), End.UNREADABLE, 0, HOUR), ExitCode.NOT_OVER),
    ],
)
def test_the_exit_code_tells_completed_from_ended_and_from_not_known(
    done: Waited, code: ExitCode
) -> None:
    assert done.exit_code is code


def a_run(*outcomes: Outcome, stopped: Stop | None = None) -> Run:
    results = tuple(Result(a_campaign(list_id=outcome), outcome, "") for outcome in outcomes)
    return Run("run-1", an_environment(), NOW, NOW, results, stopped)


@pytest.mark.parametrize(
    ("run", "ends", "code"),
    [
        (a_run(Outcome.STARTED), waited(End.OVER, x="completed"), ExitCode.OK),
        (a_run(Outcome.STARTED), waited(End.LIMIT, x="ongoing"), ExitCode.NOT_OVER),
        (a_run(Outcome.STARTED), waited(End.OVER, x="failed"), ExitCode.FAILED),
        (a_run(Outcome.STARTED), waited(End.INTERRUPTED, x="ongoing"), ExitCode.INTERRUPTED),
        (a_run(Outcome.UNRESOLVED), waited(End.OVER, x="completed"), ExitCode.UNRESOLVED),
        (a_run(Outcome.UNRESOLVED), waited(End.OVER, x="failed"), ExitCode.UNRESOLVED),
        (a_run(Outcome.FAILED), waited(End.LIMIT, x="ongoing"), ExitCode.FAILED),
        (
            a_run(Outcome.FAILED, stopped=Stop.KEY_REFUSED),
            waited(End.UNREADABLE, x="ongoing"),
            ExitCode.KEY_REFUSED,
        ),
    ],
)
def test_the_gravest_of_a_run_and_of_its_ends_is_told(run: Run, ends: Waited, code: int) -> None:
    assert replace(run, waited=ends).exit_code == code


def test_a_run_waits_for_what_it_started_or_found_started() -> None:
    run = a_run(*Outcome)
    assert [(one.campaign.list_id, one.awaited) for one in run.to_wait_for] == [
        ("started", True),
        ("skipped", True),
        ("unresolved", False),
    ]


@pytest.mark.parametrize(
    ("state", "awaited"),
    [
        (None, False),
        (State.NOT_STARTED, False),
        (State.STARTED, True),
        (State.UNRESOLVED, True),
        (State.CLAIMED, True),
    ],
    ids=str,
)
def test_of_a_selection_is_waited_for_what_the_ledger_says_may_have_started(
    state: State | None, awaited: bool
) -> None:
    campaign = a_campaign()
    key = Key(BASE_URL, campaign.list_id)
    entries = {key.list_id: Entry(key, state, "c", ME, {}, None, "", NOW)} if state else {}
    assert of_a_selection([campaign], entries) == (Seen(campaign, awaited),)
    assert of_a_selection([campaign], None) == (Seen(campaign, awaited=False),)


@dataclass
class Watch:
    """A waiting on a clock that only waiting moves; what is looked at comes from a script."""

    script: list[View]
    clock: FakeClock = field(default_factory=FakeClock)
    interruption: Interruption = field(default_factory=Interruption)
    looks: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    at_look: Callable[[int], Awaitable[None] | None] = lambda _: None

    async def look(self) -> View:
        self.looks.append(self.clock.seconds)
        happens = self.at_look(len(self.looks))
        if happens is not None:
            await happens
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def __call__(self, *campaigns: Seen, limit: float = HOUR) -> Waited:
        return asyncio.run(
            watch(
                Waiting(campaigns or seen("x")),
                self.look,
                clock=self.clock,
                interruption=self.interruption,
                limit=limit,
                tell=lambda _, pause: self.told.append(pause),
            )
        )


def test_the_waiting_ends_with_the_look_that_shows_the_last_end() -> None:
    looking = Watch([a(x="ongoing"), a(x="ongoing"), a(x="completed")])
    done = looking()
    assert (done.end, done.exit_code, done.seconds) == (End.OVER, ExitCode.OK, 75)
    assert looking.looks == [0, 30, 75]
    assert looking.told == [30, 45, 30]


def test_the_last_look_is_at_the_limit() -> None:
    looking = Watch([a(x="ongoing")])
    done = looking(limit=100)
    assert (done.end, done.exit_code, done.seconds) == (End.LIMIT, ExitCode.NOT_OVER, 100)
    assert looking.looks == [0, 30, 75, 100]


def test_where_nothing_is_to_be_waited_for_nobody_looks() -> None:
    looking = Watch([a()])

    async def run() -> Waited:
        return await watch(
            Waiting(()),
            looking.look,
            clock=looking.clock,
            interruption=looking.interruption,
            limit=HOUR,
            tell=lambda *_: None,
        )

    assert (asyncio.run(run()).end, looking.looks) == (End.OVER, [])


@pytest.mark.parametrize(
    ("asked", "second_look"),
    [("120", 120), ("5", 30), ("Tue, 01 Dec 2026 04:02:00 GMT", 120), ("soon", 30), (None, 30)],
)
def test_a_server_that_asks_to_be_left_alone_is(asked: str | None, second_look: int) -> None:
    looking = Watch([Unreadable("HTTP 429", retry_after=asked), a(x="completed")])
    assert looking().end is End.OVER
    assert looking.looks == [0, second_look]


def test_a_list_that_nobody_may_read_ends_the_waiting_at_once() -> None:
    looking = Watch([Unreadable("HTTP 403", lasting=True)])
    done = looking()
    assert (done.end, done.exit_code, looking.looks) == (End.UNREADABLE, ExitCode.NOT_OVER, [0])


def test_one_that_was_read_before_is_tried_again() -> None:
    refused = Unreadable("HTTP 403", lasting=True)
    assert Watch([a(x="ongoing"), refused, refused, a(x="completed")])().end is End.OVER


@pytest.mark.parametrize(
    ("stop", "end", "code"),
    [
        (Stop.INTERRUPTED, End.INTERRUPTED, ExitCode.INTERRUPTED),
        (Stop.TERMINATED, End.TERMINATED, ExitCode.TERMINATED),
    ],
)
def test_an_interruption_ends_it_with_what_was_seen(stop: Stop, end: End, code: ExitCode) -> None:
    async def never_ends() -> None:
        looking.interruption.set(stop)
        await asyncio.Event().wait()

    looking = Watch(
        [a(x="draft"), a(x="ongoing")], at_look=lambda look: never_ends() if look == 2 else None
    )
    done = looking()
    assert (done.end, done.exit_code, len(looking.looks)) == (end, code, 2)
    # What the second look would have shown is not known.
    assert done.waiting.campaigns[0].shown == "draft"


def test_an_interruption_ends_the_pause_too() -> None:
    class Interrupts(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if seconds:
                looking.interruption.set(Stop.INTERRUPTED)

    looking = Watch([a(x="ongoing")], clock=Interrupts())
    assert (looking().end, looking.looks) == (End.INTERRUPTED, [0])


def test_an_interruption_before_the_first_look_asks_nobody() -> None:
    looking = Watch([a(x="ongoing")])
    looking.interruption.set(Stop.TERMINATED)
    assert (looking().end, looking.looks) == (End.TERMINATED, [])


def test_what_goes_wrong_in_a_look_is_not_swallowed() -> None:
    async def fails() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Watch([a()], at_look=lambda _: fails())()


def test_words_are_those_of_the_list() -> None:
    # Whoever adds a standing has to say what it means for an end.
    assert {standing_of(word) for word in ("completed", "failed", "ongoing")} == {
        Standing.COMPLETED,
        Standing.ENDED,
        Standing.LIVE,
    }


def test_campaigns_come_in_the_order_of_their_manifests() -> None:
    def at(line: int) -> Campaign:
        return a_campaign(name=f"c{line}", list_id=f"list-{line}", line=line)

    names = [one.campaign.name for one in of_a_selection([at(9), at(2)], None)]
    assert names == ["c2", "c9"]
