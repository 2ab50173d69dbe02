"""The pace of a run: how many requests are in flight, and who slows it down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from runners import FakeApi, FakeClock, Runner, campaigns

from ringg_runner.api.answers import Answer
from ringg_runner.running.pace import Pace
from ringg_runner.running.surroundings import Interruption
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Outcome, Stop


class Walk:
    """A pace, and a clock that only waiting moves."""

    def __init__(self, concurrency: int) -> None:
        self.clock, self.interruption, self.tally = FakeClock(), Interruption(), Tally()
        self.pace = Pace(self.clock, self.interruption, self.tally, concurrency)


def walk(concurrency: int, steps: Callable[[Walk], Awaitable[None]]) -> None:
    async def run() -> None:
        await steps(Walk(concurrency))

    asyncio.run(run())


def test_a_server_that_is_asked_too_much_gets_half_as_much() -> None:
    async def steps(walk: Walk) -> None:
        for _ in range(8):
            assert await walk.pace.enter()
        walk.pace.slow_down(1)
        assert walk.pace.allowed == 4
        for _ in range(8):
            walk.pace.leave()
        for _ in range(4):
            assert await walk.pace.enter()
        waiting = asyncio.ensure_future(walk.pace.enter())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        assert await waiting is False

    walk(8, steps)


def test_those_who_were_in_flight_together_slow_the_run_down_once() -> None:
    async def steps(walk: Walk) -> None:
        for _ in range(8):
            walk.pace.slow_down(5)
        assert walk.pace.allowed == 4
        await walk.pace.turn()
        assert walk.clock.seconds == 5
        walk.pace.slow_down(5)
        assert walk.pace.allowed == 2

    walk(8, steps)


def test_nothing_slows_a_run_down_to_a_stop() -> None:
    async def steps(walk: Walk) -> None:
        for _ in range(20):
            walk.pace.slow_down(1)
            await walk.pace.turn()
        assert walk.pace.allowed == 1

    walk(8, steps)


@pytest.mark.parametrize("in_flight", [0, 8], ids=["nothing in flight", "all in flight"])
def test_the_pace_recovers_while_all_goes_well(in_flight: int) -> None:
    async def steps(walk: Walk) -> None:
        for _ in range(in_flight):
            await walk.pace.enter()
        walk.pace.slow_down(1)
        for _ in range(4 + 5 + 6 + 7 - 1):
            walk.pace.went_well()
        assert walk.pace.allowed == 7
        walk.pace.went_well()
        assert walk.pace.allowed == 8
        for _ in range(in_flight):
            walk.pace.leave()
        for _ in range(100):
            walk.pace.went_well()
        for _ in range(8):
            assert await walk.pace.enter()
        assert walk.pace.allowed == 8

    walk(8, steps)


def test_slots_that_were_given_up_come_back_when_all_goes_well() -> None:
    async def steps(walk: Walk) -> None:
        for _ in range(8):
            await walk.pace.enter()
        walk.pace.slow_down(1)
        for _ in range(8):
            walk.pace.leave()
        for _ in range(4 + 5 + 6 + 7):
            walk.pace.went_well()
        for _ in range(8):
            assert await walk.pace.enter()

    walk(8, steps)


def test_a_pause_that_is_made_longer_meanwhile_is_waited_for_to_its_new_end() -> None:
    async def steps(walk: Walk) -> None:
        class Lengthening(FakeClock):
            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                if self.seconds == 5:
                    walk.pace.slow_down(3)

        walk.clock = walk.pace.clock = Lengthening()
        walk.pace.slow_down(5)
        assert walk.tally.paused_for == 5
        await walk.pace.turn()
        assert (walk.clock.seconds, walk.tally.paused_for) == (8, 0)

    walk(8, steps)


def test_an_interruption_ends_every_wait() -> None:
    async def steps(walk: Walk) -> None:
        class Never:
            async def acquire(self) -> None:
                walk.interruption.set(Stop.INTERRUPTED)
                await asyncio.Event().wait()

        walk.pace.limiter = Never()
        await walk.pace.turn()
        walk.pace.slow_down(60)
        await walk.pace.turn()
        assert walk.clock.seconds == 0
        assert not await walk.pace.enter()

    walk(8, steps)


def test_a_limiter_is_asked_before_each_request_is_sent(tmp_path: Path) -> None:
    asked: list[int] = []
    api = FakeApi([Answer(200, {}, ("ok",))] * 5)

    class Counting:
        async def acquire(self) -> None:
            asked.append(len(api.sent))

    runner = Runner(api, tmp_path, limiter=Counting())
    assert runner.run(*campaigns(5)).summary[Outcome.STARTED] == 5
    assert asked == [0, 1, 2, 3, 4]


def test_a_429_lets_nobody_send_until_its_time_is_over(tmp_path: Path) -> None:
    moments: list[float] = []
    replies = [Answer(429, {}, ("slow down",), retry_after="30"), *[Answer(200, {}, ("ok",))] * 4]
    api = FakeApi(list(replies), on_start=lambda: moments.append(runner.clock.seconds))
    runner = Runner(api, tmp_path)
    assert runner.run(*campaigns(4)).summary[Outcome.STARTED] == 4
    assert moments == [0, 30, 30, 30, 30]
