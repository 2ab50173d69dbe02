"""The guards of a run: asked before each request, told of each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from build import NOW, an_environment
from hypothesis import given
from hypothesis import strategies as st
from runners import FakeApi, FakeClock, Runner, campaigns

from ringg_runner.api.answers import Answer, Lost, Reply
from ringg_runner.api.server_list import Listing, Row
from ringg_runner.api.verdict import Judgement, Verdict
from ringg_runner.campaigns import ListId
from ringg_runner.errors import ExitCode
from ringg_runner.guards import DAYS, Guard, Guards, Hold, StartHours
from ringg_runner.ledger.records import Key, State
from ringg_runner.planner import Plan, make_plan
from ringg_runner.running.guarding import Watch
from ringg_runner.runs import Outcome, Run, Stop

QUIET = Answer(200, {"has_ongoing_calls": False}, ("registered",))
BUSY = Answer(200, {"has_ongoing_calls": True}, ("registered",))
SILENT = Answer(200, {"status": "campaign registered successfully!"}, ("registered",))
ALREADY = Answer(400, {}, ("campaign already started",))
THROTTLED = Answer(429, {}, ("slow down",))


def the_run(
    folder: Path,
    replies: list[Reply],
    watch: Watch,
    *,
    people: int | None = None,
    concurrency: int = 1,
    on_start: Callable[[FakeClock], None] = lambda _: None,
) -> tuple[Run, list[str]]:
    """Apply a campaign for each reply, the guards of its plan left out: only the run asks them."""
    api = FakeApi(list(replies), None)
    runner = Runner(api, folder)
    api.on_start = lambda: on_start(runner.clock)
    planned = campaigns(len(replies))
    rows = {c.list_id: Row(c.list_id, "draft", None, people) for c in planned}
    view = Listing(rows) if people is not None else None
    plan: Plan = make_plan(planned, an_environment(), NOW, None, view)

    async def run() -> Run:
        with runner.ledger() as ledger:
            executor = replace(runner.executor(ledger), watch=watch, concurrency=concurrency)
            return await executor.run(plan, runner.reported.append)

    import asyncio

    return asyncio.run(run()), api.sent


def outcomes(run: Run) -> list[Outcome]:
    return [result.outcome for result in run.results]


STARTED, HELD, SKIPPED = Outcome.STARTED, Outcome.HELD, Outcome.SKIPPED


def refused(run: Run, guard: Guard, said: str) -> None:
    """The run stopped for this guard, says so of each start, and ends with its exit code."""
    assert run.stopped is Stop.GUARD
    assert run.refusal is not None
    assert run.refusal.guard is guard
    assert run.exit_code is ExitCode.REFUSED
    held = [result for result in run.results if result.outcome is HELD]
    assert held
    assert all(said in result.reason for result in held)


def test_no_more_lists_are_started_than_the_guard_allows(tmp_path: Path) -> None:
    run, sent = the_run(tmp_path, [QUIET] * 4, Watch(Guards(max_starts=2)))
    assert outcomes(run) == [STARTED, STARTED, HELD, HELD]
    assert sent == ["list-1", "list-2"]
    refused(run, Guard.MAX_STARTS, "max_starts: 3 starts; allowed: at most 2 starts")


@pytest.mark.parametrize("concurrency", [2, 8, 64])
def test_requests_in_flight_count_too(tmp_path: Path, concurrency: int) -> None:
    watch = Watch(Guards(max_starts=3))
    run, sent = the_run(tmp_path, [QUIET] * 9, watch, concurrency=concurrency)
    assert len(sent) == 3
    assert outcomes(run).count(HELD) == 6


def test_a_list_that_is_sent_again_counts_once(tmp_path: Path) -> None:
    watch = Watch(Guards(max_starts=1, max_contacts=50))
    api = FakeApi([THROTTLED, QUIET], None)
    runner = Runner(api, tmp_path)
    import asyncio

    async def run() -> Run:
        with runner.ledger() as ledger:
            executor = replace(runner.executor(ledger), watch=watch)
            rows = {ListId("list-1"): Row(ListId("list-1"), "draft", None, 50)}
            plan = make_plan(campaigns(1), an_environment(), NOW, None, Listing(rows))
            return await executor.run(plan, runner.reported.append)

    ended = asyncio.run(run())
    assert (outcomes(ended), api.sent) == ([STARTED], ["list-1", "list-1"])


def test_no_more_people_are_called_than_the_guard_allows(tmp_path: Path) -> None:
    watch = Watch(Guards(max_contacts=100))
    run, sent = the_run(tmp_path, [QUIET] * 3, watch, people=40)
    assert outcomes(run) == [STARTED, STARTED, HELD]
    assert len(sent) == 2
    refused(run, Guard.MAX_CONTACTS, "max_contacts: 120 people; allowed: at most 100 people")


def test_people_who_are_not_counted_are_not_called(tmp_path: Path) -> None:
    run, sent = the_run(tmp_path, [QUIET], Watch(Guards(max_contacts=100)))
    assert (outcomes(run), sent) == ([HELD], [])
    refused(run, Guard.MAX_CONTACTS, "how many 1 list would add is not known")


def test_hours_that_end_during_a_run_end_its_starts(tmp_path: Path) -> None:
    until = (NOW + timedelta(minutes=1)).time()
    hours = StartHours(DAYS, time(0), until, "UTC")

    def takes_a_while(clock: FakeClock) -> None:
        clock.seconds += 40

    watch = Watch(Guards(start_hours=hours))
    run, sent = the_run(tmp_path, [QUIET] * 4, watch, on_start=takes_a_while)
    assert outcomes(run) == [STARTED, STARTED, HELD, HELD]
    assert len(sent) == 2
    refused(run, Guard.START_HOURS, "start_hours: closed until Wed 2026-12-02 00:00")


@pytest.mark.parametrize(
    ("replies", "ended", "said"),
    [
        ([QUIET, QUIET, QUIET], [STARTED, STARTED, STARTED], ""),
        ([QUIET, BUSY, QUIET], [STARTED, STARTED, HELD], "other calls are ongoing, says the API"),
        ([BUSY, QUIET, QUIET], [STARTED, HELD, HELD], "other calls are ongoing, says the API"),
        ([SILENT, QUIET], [STARTED, HELD], "whether other calls are ongoing, the API did not say"),
        ([ALREADY, QUIET], [SKIPPED, STARTED], ""),
        ([Lost("reset"), QUIET], [Outcome.UNRESOLVED, HELD], "the API did not say"),
    ],
)
@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_answer_that_tells_of_other_calls_holds_the_rest(
    tmp_path: Path, replies: list[Reply], ended: list[Outcome], said: str, concurrency: int
) -> None:
    watch = Watch(Guards(stop_when_busy=True))
    run, sent = the_run(tmp_path, replies, watch, concurrency=concurrency)
    assert outcomes(run) == ended
    assert len(sent) == len([outcome for outcome in ended if outcome is not HELD])
    if said:
        assert run.refusal is not None
        assert said in str(run.refusal)


def test_a_file_hold_stops_a_run_between_two_sends(tmp_path: Path) -> None:
    holds: list[Hold] = []
    watch = Watch(hold=lambda: holds[-1] if holds else None)

    def somebody_holds(_: FakeClock) -> None:
        holds.append(Hold("wrong list", "HOLD"))

    run, sent = the_run(tmp_path, [QUIET] * 3, watch, on_start=somebody_holds)
    assert outcomes(run) == [STARTED, HELD, HELD]
    assert sent == ["list-1"]
    refused(run, Guard.HOLD, "HOLD: wrong list; allowed: no start while this file is there (HOLD)")


def test_a_hold_that_is_taken_away_does_not_begin_the_run_again(tmp_path: Path) -> None:
    looks = iter([None, Hold("wait", "HOLD"), None, None])
    run, sent = the_run(tmp_path, [QUIET] * 4, Watch(hold=lambda: next(looks)))
    assert outcomes(run) == [STARTED, HELD, HELD, HELD]
    assert len(sent) == 1


def test_a_key_of_another_workspace_sends_nothing(tmp_path: Path) -> None:
    watch = Watch(Guards(workspace="w-1"), workspace="w-2")
    run, sent = the_run(tmp_path, [QUIET], watch)
    assert (outcomes(run), sent) == ([HELD], [])
    assert run.exit_code is ExitCode.REFUSED


def test_what_a_guard_holds_can_be_started_by_a_later_run(tmp_path: Path) -> None:
    run, _ = the_run(tmp_path, [QUIET] * 2, Watch(Guards(max_starts=1)), concurrency=8)
    assert outcomes(run) == [STARTED, HELD]
    with Runner(FakeApi([]), tmp_path).ledger() as ledger:
        entry = ledger.entry(Key(an_environment().base_url, ListId("list-2")))
        assert entry is None or entry.state is State.NOT_STARTED


def test_an_overridden_guard_refuses_nothing(tmp_path: Path) -> None:
    guards = Guards(max_starts=1, stop_when_busy=True)
    overrides = {Guard.MAX_STARTS: "agreed", Guard.STOP_WHEN_BUSY: "agreed"}
    watch = Watch(guards, overrides)
    assert not watch.one_at_a_time
    run, sent = the_run(tmp_path, [BUSY] * 3, watch, concurrency=2)
    assert (outcomes(run), len(sent), run.exit_code) == ([STARTED] * 3, 3, ExitCode.OK)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(0, 40)), max_size=30),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(1, 90),
)
def test_what_was_let_out_never_exceeds_a_limit(
    asked: list[tuple[int, int | None]], most: int | None, contacts: int | None
) -> None:
    watch = Watch(Guards(max_starts=most, max_contacts=contacts))
    let_out: dict[int, int | None] = {}
    for number, people in asked:
        if watch.refusal(ListId(f"list-{number}"), let_out.get(number, people), NOW) is None:
            let_out.setdefault(number, people)
    assert most is None or len(let_out) <= most
    if contacts is not None:
        assert None not in let_out.values()
        assert sum(filter(None, let_out.values())) <= contacts


@given(st.lists(st.sampled_from([True, False, None]), max_size=6))
def test_only_answers_that_all_say_no_leave_the_way_open(told: list[bool | None]) -> None:
    watch = Watch(Guards(stop_when_busy=True))
    for ongoing in told:
        watch.answered(Judgement(Verdict.STARTED, "", has_ongoing_calls=ongoing))
    refusal = watch.refusal(ListId("l"), None, NOW)
    assert (refusal is None) is all(ongoing is False for ongoing in told)
