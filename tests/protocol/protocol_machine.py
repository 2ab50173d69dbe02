"""The machine that looks for a schedule under which the protocol breaks its promise.

By default it tries the same schedules each time, few enough for CI. `RINGG_PROTOCOL_EXAMPLES=5000`
makes it try that many new ones.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from protocol_world import LONGEST_LAG, Making, Runner, Weather, World, a_world

RUNNERS = 2
EXAMPLES = int(os.environ.get("RINGG_PROTOCOL_EXAMPLES", "0"))

_UNHURRIED = settings(
    deadline=None,
    database=None,
    print_blob=False,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
SEARCH = settings(_UNHURRIED, derandomize=not EXAMPLES, max_examples=EXAMPLES or 80)
"""For what has to hold."""

HUNT = settings(_UNHURRIED, derandomize=True, max_examples=1000, phases=[Phase.generate])
"""For what has to be found: nobody needs the smallest schedule that shows it."""

_NUMBERS = st.integers(0, 59)


class Machine(RuleBasedStateMachine):
    """Two runs at a time on one world, and everything that can go wrong with them."""

    making = Making()
    looks: bool | None = None
    """Whether the runs read the server's list; None for either."""

    guard_ends = True
    """Whether the server's guard ends with the campaign, and may begin late."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world: World

    @initialize(
        lists=st.integers(1, 2),
        looks=st.sampled_from([True, True, True, False]),
        lag=st.sampled_from([0.0, LONGEST_LAG / 2, LONGEST_LAG]),
        prepares=st.booleans(),
    )
    def a_world_begins(self, lists: int, looks: bool, lag: float, prepares: bool) -> None:
        looks = looks if self.looks is None else self.looks
        world = a_world(
            self.making,
            lists=lists,
            looks=looks,
            lag=lag,
            prepares=prepares,
            guards_preparing=not self.guard_ends,
        )
        self.world = self._stack.enter_context(world)

    def _runner(self, number: int) -> Runner:
        return self.world.runners[number % len(self.world.runners)]

    def _somebody_runs(self) -> bool:
        return bool(self.world.runners)

    @precondition(lambda self: len(self.world.runners) < RUNNERS)
    @rule()
    def a_run_begins(self) -> None:
        self.world.begin()

    @precondition(_somebody_runs)
    @rule(number=_NUMBERS, steps=st.integers(1, 12))
    def a_run_goes_on(self, number: int, steps: int) -> None:
        runner = self._runner(number)
        for _ in range(steps):
            self.world.go(runner)
        self.world.check()

    @precondition(_somebody_runs)
    @rule(number=_NUMBERS, which=_NUMBERS, how=_NUMBERS)
    def something_goes_its_own_way(self, number: int, which: int, how: int) -> None:
        waiting = [effect for effect in self._runner(number).pending if effect.fates]
        if waiting:
            effect = waiting[which % len(waiting)]
            self.world.let(effect, list(effect.fates)[how % len(effect.fates)])
            self.world.check()

    @precondition(_somebody_runs)
    @rule(number=_NUMBERS)
    def a_run_is_killed(self, number: int) -> None:
        self.world.crash(self._runner(number))
        self.world.check()

    @precondition(_somebody_runs)
    @rule(number=_NUMBERS, twice=st.booleans())
    def a_run_is_told_to_end(self, number: int, twice: bool) -> None:
        runner = self._runner(number)
        self.world.signal(runner)
        if twice:
            self.world.signal(runner)
        self.world.check()

    @rule(seconds=st.sampled_from([1.0, 5.0, 20.0, 45.0, 121.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)
        self.world.check()

    @rule(number=_NUMBERS)
    def a_campaign_moves_on(self, number: int) -> None:
        lists = list(self.world.server.lists)
        list_id = lists[number % len(lists)]
        if self.guard_ends or self.world.server.lists[list_id].word != "ongoing":
            self.world.server.moves_on(list_id)

    @rule(weather=st.sampled_from(Weather))
    def the_list_lets_itself_be_read_otherwise(self, weather: Weather) -> None:
        self.world.server.weather = weather

    @precondition(lambda self: bool(self.world.flying))
    @rule()
    def a_request_arrives(self) -> None:
        self.world.land()
        self.world.check()

    def teardown(self) -> None:
        with self._stack:
            if hasattr(self, "world"):
                self.come_to_rest()

    def come_to_rest(self) -> None:
        """Say what the end of every schedule has to look like."""
        self.world.server.weather = Weather.FINE
        if self.world.looks:
            self.world.come_to_rest()
