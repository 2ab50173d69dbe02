"""A claim is durable, lives as long as its run, and allows a request only while that is sure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from build import NOW, a_campaign
from protocol_courses import go_until
from protocol_world import LEASE, Kind, Making, Runner, World, a_world, patience

from ringg_runner.api.client import TimeLimits
from ringg_runner.cli.applying import Manner
from ringg_runner.errors import UsageError
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Claim, Event, RunInfo, State, Taken
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.running.claims import LEASE as DEFAULT_LEASE
from ringg_runner.running.claims import LONGEST_SEND, Claims, key_of, shortest_lease
from ringg_runner.running.settling import LOOKS
from ringg_runner.runs import Outcome, Result


def events(world: World) -> list[Event]:
    return [row.event for row in world.ledger.trail()]


def states(world: World) -> list[State]:
    return [entry.state for entry in world.ledger.entries()]


def send(world: World, runner: Runner, fate: str) -> None:
    """Let a run come to its next request, and that end in this way."""
    go_until(world, runner, Kind.SEND)
    let(world, runner, Kind.SEND, fate)


def let(world: World, runner: Runner, kind: Kind, fate: str) -> None:
    world.let(next(effect for effect in runner.pending if effect.kind is kind), fate)


def ended(world: World, runner: Runner) -> list[tuple[Outcome, str]]:
    world.finish(runner)
    return [(result.outcome, result.reason) for result in runner.results]


def result_of(world: World, runner: Runner) -> Result:
    world.finish(runner)
    (result,) = runner.results
    return result


def test_the_lease_by_default_fits_the_longest_time_that_a_request_takes_to_leave() -> None:
    assert shortest_lease(30.0) == shortest_lease(3600.0) == DEFAULT_LEASE
    assert shortest_lease(1.0) == 4.0
    assert LONGEST_SEND == 30.0


def test_a_lease_under_which_a_request_could_leave_too_late_is_refused() -> None:
    assert Manner(TimeLimits(5.0), lease=20.0).lease == 20.0
    assert Manner(TimeLimits(3600.0)).lease == DEFAULT_LEASE
    with pytest.raises(UsageError) as refused:
        Manner(TimeLimits(5.0), lease=19.9)
    assert str(refused.value) == "a lease of 19.9 s is too short for a time-out of 5 s"
    assert refused.value.hint == "give --lease 20 or more, or a shorter --timeout"


def test_a_claim_is_in_the_ledger_before_the_request_leaves() -> None:
    with a_world() as world:
        runner = world.begin()
        go_until(world, runner, Kind.SEND)
        assert states(world) == [State.CLAIMED]
        assert world.server.lists["list-0"].starts == 0


def test_without_a_claim_nothing_is_sent_and_nothing_more_is_tried() -> None:
    with a_world(lists=2) as world:
        runner = world.begin()
        go_until(world, runner, Kind.PAGE)
        world.go(runner)
        let(world, runner, Kind.LEDGER, "fails")
        told = ended(world, runner)
        assert [outcome for outcome, _ in told] == [Outcome.FAILED, Outcome.CANCELLED]
        assert told[0][1].startswith("not sent: it could not be claimed: ")
        assert world.sends == 0


@dataclass
class WokenClock:
    """A clock that a test moves; who sleeps on it is woken by the test."""

    seconds: float = 0.0
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    _alarm: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self._alarm.wait()

    async def wake(self, at: float) -> None:
        """Wake whoever sleeps, at this moment, and wait until they sleep again."""
        await self.asleep.wait()
        self.seconds = at
        self.asleep.clear()
        self._alarm.set()
        self._alarm.clear()
        await self.asleep.wait()


class SlowLedger(Ledger):
    """A ledger to which something happens before it renews."""

    before: Callable[[], object] = staticmethod(lambda: None)

    def renew(self, run: RunInfo, *, now: datetime, lease_until: datetime) -> int:
        self.before()
        return super().renew(run, now=now, lease_until=lease_until)


RUN = RunInfo("run-1", "host", "user", "1.0")
CAMPAIGN = a_campaign()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SlowLedger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield SlowLedger(opened._database)


def lease_of(ledger: Ledger) -> float:
    (entry,) = ledger.entries()
    assert entry.lease_until is not None
    return (entry.lease_until - NOW).total_seconds()


def test_a_claim_lives_as_long_as_its_run(ledger: SlowLedger) -> None:
    async def work() -> None:
        clock = WokenClock()
        claims = Claims(ledger, RUN, clock, LEASE)
        async with claims.kept_alive():
            await claims.claim(CAMPAIGN)
            for moment in (40.0, 80.0, 120.0):
                await clock.wake(moment)
                assert lease_of(ledger) == moment + LEASE
                assert claims.may_send(CAMPAIGN.list_id)

    asyncio.run(work())


def test_nothing_is_sent_in_the_last_quarter_of_a_lease(ledger: SlowLedger) -> None:
    async def work() -> None:
        clock = WokenClock()
        claims = Claims(ledger, RUN, clock, LEASE)
        await claims.claim(CAMPAIGN)
        clock.seconds = LEASE * 3 / 4
        assert claims.may_send(CAMPAIGN.list_id)
        clock.seconds += 0.001
        assert not claims.may_send(CAMPAIGN.list_id)

    asyncio.run(work())


def test_a_lease_that_ended_while_the_ledger_was_busy_is_not_taken_as_renewed(
    ledger: SlowLedger,
) -> None:
    async def work() -> None:
        clock = WokenClock()
        claims = Claims(ledger, RUN, clock, LEASE)
        other = Claims(ledger, replace(RUN, run_id="run-2"), clock, LEASE)

        def is_busy() -> None:
            clock.seconds = LEASE + 1
            claimed = ledger.claim(
                key_of(CAMPAIGN),
                other.run,
                name="c",
                request={},
                now=clock.now(),
                lease_until=clock.now() + timedelta(seconds=LEASE),
            )
            assert isinstance(claimed, Claim)

        ledger.before = is_busy
        async with claims.kept_alive():
            await claims.claim(CAMPAIGN)
            await clock.wake(LEASE - 1)
            assert not claims.may_send(CAMPAIGN.list_id)

    asyncio.run(work())


def test_a_renewal_that_fails_is_made_up_for_by_the_next(ledger: SlowLedger) -> None:
    async def work() -> None:
        clock = WokenClock()
        claims = Claims(ledger, RUN, clock, LEASE)

        def fails() -> None:
            raise LedgerError("the ledger cannot be reached")

        async with claims.kept_alive():
            await claims.claim(CAMPAIGN)
            ledger.before = fails
            await clock.wake(40.0)
            assert lease_of(ledger) == LEASE
            assert claims.may_send(CAMPAIGN.list_id)
            ledger.before = lambda: None
            await clock.wake(80.0)
            assert lease_of(ledger) == 80.0 + LEASE

    asyncio.run(work())


def test_a_run_that_ends_while_its_leases_are_renewed_ends_all_the_same(
    ledger: SlowLedger,
) -> None:
    async def work() -> None:
        clock, loop = WokenClock(), asyncio.get_running_loop()
        claims = Claims(ledger, RUN, clock, LEASE)
        renewing, goes_on = asyncio.Event(), threading.Event()

        def hangs() -> None:
            loop.call_soon_threadsafe(renewing.set)
            goes_on.wait()

        ledger.before = hangs
        async with claims.kept_alive():
            await claims.claim(CAMPAIGN)
            waking = asyncio.ensure_future(clock.wake(40.0))
            await renewing.wait()
            loop.call_later(0.05, goes_on.set)
        waking.cancel()

    asyncio.run(work())


def test_a_transaction_is_waited_for_even_by_who_is_cancelled(ledger: SlowLedger) -> None:
    async def work() -> None:
        claims = Claims(ledger, RUN, WokenClock(), LEASE)
        claiming = asyncio.ensure_future(claims.claim(CAMPAIGN))
        await asyncio.sleep(0)
        claiming.cancel()
        assert isinstance(await claiming, Claim)

    asyncio.run(work())


def test_a_list_that_another_run_has_gives_no_right_to_send(ledger: SlowLedger) -> None:
    async def work() -> None:
        clock = WokenClock()
        await Claims(ledger, replace(RUN, run_id="run-2"), clock, LEASE).claim(CAMPAIGN)
        claims = Claims(ledger, RUN, clock, LEASE)
        assert isinstance(await claims.claim(CAMPAIGN), Taken)
        with pytest.raises(KeyError):
            claims.may_send(CAMPAIGN.list_id)

    asyncio.run(work())


def test_every_look_is_in_the_trail() -> None:
    with a_world() as world:
        runner = world.begin()
        send(world, runner, "fails after the start")
        world.finish(runner)
        assert events(world) == [Event.CLAIMED, Event.ATTEMPT, Event.LOOK, Event.STARTED]


def test_a_second_signal_while_the_end_waits_to_be_recorded_still_tells_the_run() -> None:
    with a_world() as world:
        runner = world.begin()
        send(world, runner, "arrives")
        let(world, runner, Kind.ANSWER, "arrives")
        let(world, runner, Kind.LEDGER, "fails")
        world.signal(runner)
        world.signal(runner)
        assert result_of(world, runner).outcome is Outcome.STARTED
        assert states(world) == [State.STARTED]


RESENDING = Making(patience=patience(resend_unconfirmed=True))


def test_resending_unconfirmed_sends_once_more_and_then_leaves_it_open() -> None:
    with a_world(RESENDING, looks=False) as world:
        runner = world.begin()
        send(world, runner, "fails before the start")
        send(world, runner, "fails before the start")
        result = result_of(world, runner)
        assert (result.outcome, len(result.attempts)) == (Outcome.UNRESOLVED, 2)
        assert states(world) == [State.UNRESOLVED]


def test_resending_unconfirmed_what_another_run_left_open_sends_it_once() -> None:
    with a_world(RESENDING, looks=False) as world:
        first = world.begin()
        send(world, first, "fails after the start")
        world.crash(first)
        world.pass_time(LEASE + 1)
        second = world.begin()
        send(world, second, "fails before the start")
        result = result_of(world, second)
        assert (result.outcome, len(result.attempts)) == (Outcome.UNRESOLVED, 1)


@pytest.mark.parametrize(
    "fate", ["is refused", "has a wrong key", "costs too much", "is throttled", "never leaves"]
)
def test_a_resend_that_fails_says_nothing_of_the_request_before_it(fate: str) -> None:
    with a_world(RESENDING, looks=False) as world:
        runner = world.begin()
        send(world, runner, "fails after the start")
        for _ in range(4 if fate in ("is throttled", "never leaves") else 1):
            send(world, runner, fate)
        result = result_of(world, runner)
        assert result.outcome is Outcome.UNRESOLVED
        assert "; then: " in result.reason
        assert states(world) == [State.UNRESOLVED]


def test_an_interrupted_resend_leaves_it_open() -> None:
    with a_world(RESENDING, looks=False) as world:
        runner = world.begin()
        send(world, runner, "fails after the start")
        world.signal(runner)
        assert result_of(world, runner).outcome is Outcome.UNRESOLVED
        assert states(world) == [State.UNRESOLVED]


def test_a_resend_that_the_guard_refuses_confirms_the_start() -> None:
    with a_world(RESENDING, looks=False) as world:
        runner = world.begin()
        send(world, runner, "fails after the start")
        assert result_of(world, runner).outcome is Outcome.STARTED
        assert world.server.lists["list-0"].starts == 1


def test_a_trail_that_cannot_be_read_leaves_open_what_an_earlier_run_left_open() -> None:
    with a_world() as world:
        first = world.begin()
        go_until(world, first, Kind.SEND)
        world.crash(first)
        world.pass_time(LEASE + 1)
        second = world.begin()
        for _ in range(1 + len(LOOKS)):
            go_until(world, second, Kind.PAGE)
            let(world, second, Kind.PAGE, "is shown")
        let(world, second, Kind.LEDGER, "commits")
        let(world, second, Kind.LEDGER, "fails")
        assert result_of(world, second).outcome is Outcome.UNRESOLVED
        assert states(world) == [State.UNRESOLVED]
        world.come_to_rest()


def test_a_list_taken_by_another_run_is_held_without_a_request() -> None:
    with a_world() as world:
        first, second = world.begin(), world.begin()
        go_until(world, second, Kind.PAGE)
        world.go(second)
        go_until(world, first, Kind.SEND)
        result = result_of(world, second)
        assert result.outcome is Outcome.HELD
        assert world.sends == 0
