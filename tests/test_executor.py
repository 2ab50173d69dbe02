"""A plan is carried out once, in order, and never beyond what is known."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from build import NOW, a_campaign, an_environment
from hypothesis import given, settings
from hypothesis import strategies as st
from runners import FakeApi, FakeClock, Runner, campaigns

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.server_list import Listing, Row
from ringg_runner.api.verdict import Verdict
from ringg_runner.campaigns import StartRequest
from ringg_runner.errors import ExitCode
from ringg_runner.ledger.records import State
from ringg_runner.planner import make_plan
from ringg_runner.runs import Evidence, Outcome, Result, Run, Stop

STARTED = Answer(200, {"has_ongoing_calls": True}, ("registered",))
ALREADY = Answer(400, {}, ("campaign already started",))
REFUSED = Answer(400, {}, ("invalid list_id",))
BAD_KEY = Answer(401, {}, ("Invalid credentials",))
NO_BALANCE = Answer(402, {}, ("your current balance is insufficient",))
THROTTLED = Answer(429, {}, ("slow down",))
BROKEN = Answer(500, {}, ("Oops",))


@pytest.mark.parametrize(
    ("reply", "outcome", "evidence", "reason", "code"),
    [
        (STARTED, Outcome.STARTED, Evidence.ANSWER, "registered", 0),
        (ALREADY, Outcome.SKIPPED, Evidence.WORDS, "campaign already started", 0),
        (REFUSED, Outcome.FAILED, None, "HTTP 400: invalid list_id (refused)", 1),
        (
            BAD_KEY,
            Outcome.FAILED,
            None,
            "HTTP 401: Invalid credentials (the key is not accepted)",
            5,
        ),
        (
            NO_BALANCE,
            Outcome.FAILED,
            None,
            "HTTP 402: your current balance is insufficient (the balance is too low)",
            1,
        ),
        (Answer(200, {}), Outcome.STARTED, Evidence.ANSWER, "HTTP 200 (registered)", 0),
    ],
)
def test_each_reply_becomes_an_outcome_after_one_request(
    tmp_path: Path,
    reply: Reply,
    *,
    outcome: Outcome,
    evidence: Evidence | None,
    reason: str,
    code: int,
) -> None:
    runner = Runner(FakeApi([reply]), tmp_path)
    done = runner.run(a_campaign())
    (result,) = done.results
    assert (result.outcome, result.evidence, result.reason) == (outcome, evidence, reason)
    assert (done.exit_code, len(runner.api.sent)) == (code, 1)
    assert runner.reported == [result]


@pytest.mark.parametrize("reply", [BROKEN, Lost("no answer within 30 s")])
def test_what_may_have_started_is_unresolved_where_nobody_can_look(
    tmp_path: Path, reply: Reply
) -> None:
    runner = Runner(FakeApi([reply]), tmp_path)
    done = runner.run(a_campaign())
    (result,) = done.results
    assert (result.outcome, done.exit_code) == (Outcome.UNRESOLVED, ExitCode.UNRESOLVED)
    assert result.reason.startswith("may or may not have started: ")
    assert "the server's list: unreadable" in result.reason
    assert len(runner.api.sent) == 1


def test_an_attempt_is_kept_with_its_time_status_and_words(tmp_path: Path) -> None:
    (result,) = Runner(FakeApi([STARTED]), tmp_path).run(a_campaign()).results
    (attempt,) = result.attempts
    assert (attempt.n, attempt.sent_at, attempt.seconds, attempt.status) == (1, NOW, 0.0, 200)
    assert (attempt.verdict, attempt.detail) == (Verdict.STARTED, "registered")
    assert result.has_ongoing_calls is True


@pytest.mark.parametrize("first", [NotSent("refused"), THROTTLED])
def test_what_surely_was_not_started_is_sent_again_and_every_attempt_kept(
    tmp_path: Path, first: Reply
) -> None:
    (result,) = Runner(FakeApi([first, STARTED]), tmp_path).run(a_campaign()).results
    assert result.outcome is Outcome.STARTED
    assert [attempt.n for attempt in result.attempts] == [1, 2]


@pytest.mark.parametrize("reply", [NotSent("refused"), THROTTLED])
def test_what_never_got_through_has_failed_and_may_be_started_later(
    tmp_path: Path, reply: Reply
) -> None:
    done = Runner(FakeApi([reply] * 9), tmp_path).run(a_campaign())
    assert done.results[0].outcome is Outcome.FAILED
    assert done.exit_code is ExitCode.FAILED
    again = Runner(FakeApi([STARTED]), tmp_path).run(a_campaign())
    assert again.results[0].outcome is Outcome.STARTED


def test_a_retry_that_is_lost_is_unresolved_and_not_sent_a_third_time(tmp_path: Path) -> None:
    runner = Runner(FakeApi([NotSent("refused"), Lost("no answer"), STARTED]), tmp_path)
    assert runner.run(a_campaign()).results[0].outcome is Outcome.UNRESOLVED
    assert len(runner.api.sent) == 2


@pytest.mark.parametrize(
    ("reply", "stop", "code"),
    [(BAD_KEY, Stop.KEY_REFUSED, 5), (NO_BALANCE, Stop.BALANCE_TOO_LOW, 1)],
)
def test_after_a_refused_key_or_an_empty_balance_nothing_more_is_sent(
    tmp_path: Path, reply: Reply, stop: Stop, code: int
) -> None:
    runner = Runner(FakeApi([STARTED, reply]), tmp_path)
    done = runner.run(*campaigns(4))
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.STARTED, Outcome.FAILED, Outcome.CANCELLED, Outcome.CANCELLED]
    assert done.results[3].reason == f"not attempted: {stop}"
    assert (runner.api.sent, done.stopped) == (["list-1", "list-2"], stop)
    assert done.exit_code == code


@pytest.mark.parametrize("reply", [REFUSED, ALREADY, Lost("reset"), BROKEN])
def test_one_campaign_in_trouble_holds_up_no_other(tmp_path: Path, reply: Reply) -> None:
    done = Runner(FakeApi([reply, STARTED]), tmp_path).run(*campaigns(2))
    assert done.results[1].outcome is Outcome.STARTED


def test_what_is_on_hold_is_held_and_not_sent_also_after_a_stop(tmp_path: Path) -> None:
    first, second = campaigns(2)
    held = a_campaign(name="c2", list_id="list-2", file=second.file, enabled=False)
    runner = Runner(FakeApi([BAD_KEY]), tmp_path)
    outcomes = [result.outcome for result in runner.run(first, held).results]
    assert outcomes == [Outcome.FAILED, Outcome.HELD]
    assert runner.api.sent == ["list-1"]


def interrupted(runner: Runner, stop: Stop, count: int) -> Run:
    """Run, and interrupt while the first request is under way."""
    with runner.ledger() as ledger:
        executor = runner.executor(ledger)
        runner.api.on_start = lambda: executor.interruption.set(stop)
        plan = runner.plan(ledger, *campaigns(count))
        return asyncio.run(executor.run(plan, runner.reported.append))


@pytest.mark.parametrize(
    ("stop", "code"),
    [(Stop.INTERRUPTED, ExitCode.INTERRUPTED), (Stop.TERMINATED, ExitCode.TERMINATED)],
)
def test_an_interruption_lets_the_request_under_way_end_and_starts_nothing_new(
    tmp_path: Path, stop: Stop, code: ExitCode
) -> None:
    runner = Runner(FakeApi([STARTED] * 3), tmp_path)
    done = interrupted(runner, stop, 3)
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.STARTED, Outcome.CANCELLED, Outcome.CANCELLED]
    assert (len(runner.api.sent), done.exit_code) == (1, code)


def test_an_interruption_ends_the_wait_before_a_retry(tmp_path: Path) -> None:
    class NeverEnding(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    runner = Runner(FakeApi([NotSent("refused"), STARTED]), tmp_path, NeverEnding())
    done = interrupted(runner, Stop.INTERRUPTED, 2)
    assert [result.outcome for result in done.results] == [Outcome.FAILED, Outcome.CANCELLED]
    assert len(runner.api.sent) == 1


def test_a_request_that_is_given_up_is_unresolved_and_the_run_is_told_all_the_same(
    tmp_path: Path,
) -> None:
    runner = Runner(FakeApi([STARTED] * 2), tmp_path)

    async def give_up() -> Run:
        with runner.ledger() as ledger:
            plan = runner.plan(ledger, *campaigns(2))
            running = runner.executor(ledger).run(plan, runner.reported.append)
            task = asyncio.ensure_future(running)
            runner.api.on_start = lambda: (task.cancel(), None)[1]
            return await task

    done = asyncio.run(give_up())
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.UNRESOLVED, Outcome.CANCELLED]
    assert done.exit_code is ExitCode.UNRESOLVED
    with runner.ledger() as ledger:
        assert [entry.state for entry in ledger.entries()] == [State.UNRESOLVED]


def test_results_are_reported_in_the_order_of_the_plan(tmp_path: Path) -> None:
    # The first is lost, and looked for until long after the second has started.
    words = [{}, {}, {}, {}, {}, {"list-1": "ongoing"}]
    runner = Runner(FakeApi([Lost("no answer"), STARTED], words), tmp_path)
    done = runner.run(*campaigns(2))
    assert tuple(runner.reported) == done.results
    assert [result.campaign.name for result in done.results] == ["c1", "c2"]
    assert runner.api.sent == ["list-1", "list-2"]


_REPLIES = st.sampled_from(
    [STARTED, ALREADY, REFUSED, BAD_KEY, NO_BALANCE, THROTTLED, BROKEN, Lost("x"), NotSent("x")]
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(_REPLIES, min_size=4, max_size=4), min_size=1, max_size=4))
def test_no_list_is_sent_again_unless_it_surely_did_not_start(script: list[list[Reply]]) -> None:
    class Scripted(FakeApi):
        async def start(self, request: StartRequest) -> Reply:
            self.sent.append(request.list_id)
            return script[int(request.list_id.removeprefix("list-")) - 1].pop(0)

    with TemporaryDirectory() as folder:
        runner = Runner(Scripted([]), Path(folder))
        done = runner.run(*campaigns(len(script)))
        with runner.ledger() as ledger:
            states = {entry.key.list_id: entry.state for entry in ledger.entries()}
            assert ledger.verify() is None
    for result in done.results:
        _check(result, runner.api.sent, states.get(result.campaign.list_id))


def _check(result: Result, sent: list[str], state: State | None) -> None:
    verdicts = [attempt.verdict for attempt in result.attempts]
    assert all(verdict.surely_not_started for verdict in verdicts[:-1])
    assert sent.count(result.campaign.list_id) == len(verdicts)
    expected = {
        Outcome.STARTED: State.STARTED,
        Outcome.SKIPPED: State.STARTED,
        Outcome.FAILED: State.NOT_STARTED,
        Outcome.UNRESOLVED: State.UNRESOLVED,
        Outcome.CANCELLED: None,
    }
    assert state is expected[result.outcome]


@pytest.mark.parametrize("count", [1, 2])
def test_a_request_that_never_ends_can_be_given_up(tmp_path: Path, count: int) -> None:
    class Endless(FakeApi):
        async def start(self, request: StartRequest) -> Reply:
            self.sent.append(request.list_id)
            self.on_start()
            await asyncio.Event().wait()
            return STARTED

    runner = Runner(Endless([]), tmp_path)

    async def give_up() -> Run:
        with runner.ledger() as ledger:
            plan = runner.plan(ledger, *campaigns(count))
            running = runner.executor(ledger).run(plan, runner.reported.append)
            task = asyncio.ensure_future(running)
            runner.api.on_start = lambda: (task.cancel(), None)[1]
            return await task

    outcomes = [result.outcome for result in asyncio.run(give_up()).results]
    assert outcomes == [Outcome.UNRESOLVED, Outcome.CANCELLED][:count]


def test_a_skip_by_the_list_that_the_ledger_knows_too_changes_nothing(tmp_path: Path) -> None:
    (campaign,) = campaigns(1)
    runner = Runner(FakeApi([STARTED]), tmp_path)
    runner.run(campaign)
    view = Listing({campaign.list_id: Row(campaign.list_id, "ongoing")})
    plan = make_plan([campaign], an_environment(), NOW, None, view)
    with runner.ledger() as ledger:
        before = ledger.trail()
        done = asyncio.run(runner.executor(ledger).run(plan, runner.reported.append))
        assert ledger.trail() == before
    assert done.results[0].evidence is Evidence.SERVER_LIST
