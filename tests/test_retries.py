"""When the same request is sent once more, and when it is not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ringg_runner.api.verdict import Judgement, Verdict
from ringg_runner.running.retries import RetryPolicy, seconds_asked_for

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class Line:
    """Judgements that come one after the other, and the waits between them."""

    def __init__(self, *judgements: Judgement) -> None:
        self.coming = list(judgements)
        self.sent = 0
        self.waits: list[float] = []
        self.slowed_down: list[float] = []
        self.stopped = False

    async def send(self) -> Judgement:
        self.sent += 1
        return self.coming.pop(0)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def run(self, policy: RetryPolicy) -> Judgement:
        return asyncio.run(
            policy.send(
                self.send,
                sleep=self.sleep,
                slow_down=self.slowed_down.append,
                now=lambda: NOW,
                stopped=lambda: self.stopped,
            )
        )


def not_sent() -> Judgement:
    return Judgement(Verdict.NOT_SENT, "refused")


def throttled(retry_after: str | None = None) -> Judgement:
    return Judgement(Verdict.THROTTLED, "slow down", status=429, retry_after=retry_after)


STARTED = Judgement(Verdict.STARTED, "registered", status=200)


@pytest.mark.parametrize("verdict", [v for v in Verdict if not v.surely_not_started])
def test_what_may_have_started_or_was_refused_is_sent_once(verdict: Verdict) -> None:
    line = Line(Judgement(verdict, ""), STARTED)
    assert line.run(RetryPolicy()).verdict is verdict
    assert line.sent == 1


@pytest.mark.parametrize("first", [not_sent(), throttled()])
def test_what_surely_did_not_start_is_sent_again(first: Judgement) -> None:
    line = Line(first, STARTED)
    assert line.run(RetryPolicy()) is STARTED
    assert line.sent == 2


def test_the_last_word_stands_when_the_attempts_are_used_up() -> None:
    line = Line(*[not_sent()] * 9)
    assert line.run(RetryPolicy(attempts=4)).verdict is Verdict.NOT_SENT
    assert line.sent == 4


def test_waits_are_jittered_and_grow_up_to_their_bound() -> None:
    line = Line(*[not_sent()] * 9)
    line.run(RetryPolicy(attempts=9, first_wait=1, longest_wait=10))
    assert all(0 <= wait <= min(10, 2**n) for n, wait in enumerate(line.waits))
    assert len(set(line.waits)) > 1


def test_a_server_is_given_the_time_that_it_asks_for() -> None:
    line = Line(throttled("7"), throttled("Tue, 01 Dec 2026 09:00:12 GMT"), STARTED)
    line.run(RetryPolicy())
    assert line.waits == [7, 12]


def test_a_server_that_asks_for_too_long_a_time_is_left_alone() -> None:
    line = Line(throttled("3600"), STARTED)
    assert line.run(RetryPolicy(longest_wait=60)).verdict is Verdict.THROTTLED
    assert (line.sent, line.waits) == (1, [])


def test_nothing_is_sent_again_once_the_run_is_stopped() -> None:
    line = Line(not_sent(), STARTED)
    line.stopped = True
    assert line.run(RetryPolicy()).verdict is Verdict.NOT_SENT
    assert line.sent == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("Tue, 01 Dec 2026 09:01:00 GMT", 60),
        ("Tue, 01 Dec 2026 09:01:00 -0000", 60),
        ("Tue, 01 Dec 2026 08:00:00 GMT", 0),
        ("Tuesday, 01-Dec-26 09:01:00 GMT", 60),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("[hidden]", None),
        ("Tue, 01 Dec 99999999999 09:00:00 GMT", None),
        ("Tue, 01 Dec 2026 09:00:00 -99999999999999", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert seconds_asked_for(header, NOW) == seconds


def test_only_a_server_that_is_asked_too_much_slows_the_others_down() -> None:
    line = Line(not_sent(), throttled("7"), STARTED)
    line.run(RetryPolicy())
    assert line.slowed_down == [7.0]


def test_the_others_are_told_of_a_wait_that_is_too_long_to_be_waited_for() -> None:
    line = Line(throttled("3600"))
    line.run(RetryPolicy(longest_wait=60))
    assert (line.slowed_down, line.waits) == ([3600.0], [])
