"""A plan is carried out once, in order, and never beyond what is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from build import NOW, a_campaign, a_plan
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.verdict import Verdict
from ringg_runner.campaigns import Campaign, StartRequest
from ringg_runner.errors import ExitCode
from ringg_runner.running.executor import ENDINGS, Executor
from ringg_runner.runs import Evidence, Outcome, Result, Run, Stop

STARTED = Answer(200, {"has_ongoing_calls": True}, ("registered",))
ALREADY = Answer(400, {}, ("campaign already started",))
REFUSED = Answer(400, {}, ("invalid list_id",))
BAD_KEY = Answer(401, {}, ("Invalid credentials",))
NO_BALANCE = Answer(402, {}, ("your current balance is insufficient",))
THROTTLED = Answer(429, {}, ("slow down",))
BROKEN = Answer(500, {}, ("Oops",))


class FakeClock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class FakeApi:
    """Replies in turn, and keeps what was sent; `on_start` happens while a request is under way."""

    replies: list[Reply]
    sent: list[str] = field(default_factory=list)
    on_start: Callable[[], None] = lambda: None

    async def start(self, request: StartRequest) -> Reply:
        self.sent.append(request.list_id)
        self.on_start()
        await asyncio.sleep(0)
        return self.replies.pop(0)


def campaigns(count: int) -> list[Campaign]:
    return [
        a_campaign(name=f"c{n}", list_id=f"list-{n}", file=f"campaigns/{n:03}.yaml")
        for n in range(1, count + 1)
    ]


def run(api: FakeApi, *planned: Campaign) -> tuple[Run, list[Result]]:
    seen: list[Result] = []
    executor = Executor(api, FakeClock())
    return asyncio.run(executor.run(a_plan(*planned), "run-1", seen.append)), seen


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
        (
            BROKEN,
            Outcome.UNRESOLVED,
            None,
            "may or may not have started: "
            "HTTP 500: Oops (the server failed, before the start or after it)",
            6,
        ),
        (Lost("no answer"), Outcome.UNRESOLVED, None, "may or may not have started: no answer", 6),
        (Answer(200, {}), Outcome.STARTED, Evidence.ANSWER, "HTTP 200 (registered)", 0),
    ],
)
def test_each_reply_becomes_an_outcome_after_one_request(
    reply: Reply, outcome: Outcome, evidence: Evidence | None, reason: str, code: int
) -> None:
    api = FakeApi([reply])
    done, seen = run(api, a_campaign())
    (result,) = done.results
    assert (result.outcome, result.evidence, result.reason) == (outcome, evidence, reason)
    assert (done.exit_code, len(api.sent), seen) == (code, 1, [result])


def test_every_verdict_has_an_ending() -> None:
    assert set(ENDINGS) == set(Verdict)


def test_an_attempt_is_kept_with_its_time_status_and_words() -> None:
    done, _ = run(FakeApi([STARTED]), a_campaign())
    (attempt,) = done.results[0].attempts
    assert (attempt.n, attempt.sent_at, attempt.seconds, attempt.status) == (1, NOW, 0.0, 200)
    assert (attempt.verdict, attempt.detail) == (Verdict.STARTED, "registered")
    assert done.results[0].has_ongoing_calls is True


@pytest.mark.parametrize("first", [NotSent("refused"), THROTTLED])
def test_what_surely_was_not_started_is_sent_again_and_every_attempt_kept(first: Reply) -> None:
    done, _ = run(FakeApi([first, STARTED]), a_campaign())
    (result,) = done.results
    assert result.outcome is Outcome.STARTED
    assert [attempt.n for attempt in result.attempts] == [1, 2]


@pytest.mark.parametrize("reply", [NotSent("refused"), THROTTLED])
def test_what_never_got_through_has_failed(reply: Reply) -> None:
    done, _ = run(FakeApi([reply] * 9), a_campaign())
    assert done.results[0].outcome is Outcome.FAILED
    assert done.exit_code is ExitCode.FAILED


def test_a_retry_that_is_lost_is_unresolved_and_not_sent_a_third_time() -> None:
    api = FakeApi([NotSent("refused"), Lost("no answer"), STARTED])
    done, _ = run(api, a_campaign())
    assert done.results[0].outcome is Outcome.UNRESOLVED
    assert len(api.sent) == 2


@pytest.mark.parametrize(
    ("reply", "stop", "code"),
    [(BAD_KEY, Stop.KEY_REFUSED, 5), (NO_BALANCE, Stop.BALANCE_TOO_LOW, 1)],
)
def test_after_a_refused_key_or_an_empty_balance_nothing_more_is_sent(
    reply: Reply, stop: Stop, code: int
) -> None:
    api = FakeApi([STARTED, reply])
    done, _ = run(api, *campaigns(4))
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.STARTED, Outcome.FAILED, Outcome.CANCELLED, Outcome.CANCELLED]
    assert done.results[3].reason == f"not attempted: {stop}"
    assert (api.sent, done.stopped, done.exit_code) == (["list-1", "list-2"], stop, code)


@pytest.mark.parametrize("reply", [REFUSED, ALREADY, Lost("reset"), BROKEN])
def test_one_campaign_in_trouble_holds_up_no_other(reply: Reply) -> None:
    done, _ = run(FakeApi([reply, STARTED]), *campaigns(2))
    assert done.results[1].outcome is Outcome.STARTED


def test_what_is_on_hold_is_held_and_not_sent() -> None:
    api = FakeApi([STARTED])
    held, started = campaigns(2)
    held = a_campaign(name="c1", list_id="list-1", file=held.file, enabled=False)
    done, _ = run(api, held, started)
    assert [result.outcome for result in done.results] == [Outcome.HELD, Outcome.STARTED]
    assert api.sent == ["list-2"]


def test_what_is_on_hold_stays_held_after_a_stop() -> None:
    first, held = campaigns(2)
    held = a_campaign(name="c2", list_id="list-2", file=held.file, enabled=False)
    done, _ = run(FakeApi([BAD_KEY]), first, held)
    assert done.results[1].outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("stop", "code"),
    [(Stop.INTERRUPTED, ExitCode.INTERRUPTED), (Stop.TERMINATED, ExitCode.TERMINATED)],
)
def test_an_interruption_lets_the_request_under_way_end_and_starts_nothing_new(
    stop: Stop, code: ExitCode
) -> None:
    api = FakeApi([STARTED] * 3)
    executor = Executor(api, FakeClock())
    api.on_start = lambda: executor.interruption.set(stop)
    done = asyncio.run(executor.run(a_plan(*campaigns(3)), "run-1", lambda _: None))
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.STARTED, Outcome.CANCELLED, Outcome.CANCELLED]
    assert (len(api.sent), done.exit_code) == (1, code)


def test_an_interruption_ends_the_wait_before_a_retry() -> None:
    class NeverEnding(FakeClock):
        async def sleep(self, seconds: float) -> None:
            executor.interruption.set(Stop.INTERRUPTED)
            await asyncio.Event().wait()

    api = FakeApi([NotSent("refused"), STARTED])
    executor = Executor(api, NeverEnding())
    done = asyncio.run(executor.run(a_plan(*campaigns(2)), "run-1", lambda _: None))
    assert [result.outcome for result in done.results] == [Outcome.FAILED, Outcome.CANCELLED]
    assert (len(api.sent), len(done.results[0].attempts)) == (1, 1)


def test_a_request_that_is_given_up_is_unresolved_and_the_run_is_told_all_the_same() -> None:
    async def give_up() -> Run:
        api = FakeApi([STARTED] * 2)
        executor = Executor(api, FakeClock())
        task = asyncio.ensure_future(executor.run(a_plan(*campaigns(2)), "run-1", lambda _: None))
        api.on_start = lambda: (task.cancel(), None)[1]
        return await task

    done = asyncio.run(give_up())
    outcomes = [result.outcome for result in done.results]
    assert outcomes == [Outcome.UNRESOLVED, Outcome.CANCELLED]
    assert done.exit_code is ExitCode.UNRESOLVED


_REPLIES = st.sampled_from(
    [STARTED, ALREADY, REFUSED, BAD_KEY, NO_BALANCE, THROTTLED, BROKEN, Lost("x"), NotSent("x")]
)


@given(st.lists(st.lists(_REPLIES, min_size=4, max_size=4), min_size=1, max_size=4))
def test_no_list_is_sent_again_unless_it_surely_did_not_start(script: list[list[Reply]]) -> None:
    class Scripted(FakeApi):
        async def start(self, request: StartRequest) -> Reply:
            self.sent.append(request.list_id)
            return script[int(request.list_id.removeprefix("list-")) - 1].pop(0)

    api = Scripted([])
    done, seen = run(api, *campaigns(len(script)))
    assert [result.campaign.list_id for result in seen] == [
        f"list-{n}" for n in range(1, len(script) + 1)
    ]
    for result in done.results:
        verdicts = [attempt.verdict for attempt in result.attempts]
        assert all(verdict.surely_not_started for verdict in verdicts[:-1])
        assert api.sent.count(result.campaign.list_id) == len(verdicts)
        if result.outcome is Outcome.STARTED:
            assert verdicts[-1] is Verdict.STARTED
