"""Courses of events, told one by one and not drawn: two runs, of which one overtakes the other.

The first run's first request goes well or badly; it takes a few steps more, and is then killed or
falls asleep. A second one runs to its end, the campaigns end and with them the server's guard, and
the first one wakes up. In the end all goes well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from random import Random

from protocol_world import LEASE, LONGEST_LAG, Kind, Making, Runner, Weather, World, a_world

REQUESTS = (
    "arrives",
    "never leaves",
    "leaves and is lost",
    "leaves and is slow",
    "fails before the start",
    "fails after the start",
    "starts behind a proxy",
    "is throttled",
    "conflicts",
    "is refused",
    "has a wrong key",
    "costs too much",
)
STEPS = (0, 1, 3, 8)


class Overtaken(StrEnum):
    """What becomes of the first run while the second one runs, and when that begins."""

    KILLED = "killed"
    KILLED_LONG_BEFORE = "killed, and its lease has ended"
    ASLEEP = "asleep"
    ASLEEP_FOR_LONG = "asleep, and its lease has ended"
    TOGETHER = "asleep, and the second one had planned before the first one's request"

    @property
    def killed(self) -> bool:
        return self in (Overtaken.KILLED, Overtaken.KILLED_LONG_BEFORE)

    @property
    def late(self) -> bool:
        return self in (Overtaken.KILLED_LONG_BEFORE, Overtaken.ASLEEP_FOR_LONG)


@dataclass(frozen=True)
class Course:
    """One course: how the first request ends, and when its run is overtaken, how late and how."""

    request: str
    steps: int
    overtaken: Overtaken
    weather: Weather

    def take(self, making: Making | None = None) -> None:
        """Let the world take this course; raises ViolationError where that breaks the promise."""
        lag = 0.0 if self.overtaken.late else LONGEST_LAG
        with a_world(making, lag=lag) as world:
            first, second = world.begin(), None
            if self.overtaken is Overtaken.TOGETHER:
                second = world.begin()
                go_until(world, second, Kind.PAGE)
                world.go(second)
            go_until(world, first, Kind.SEND)
            self._interrupt(world, first)
            world.server.weather = self.weather
            world.check()
            second = second or world.begin()
            world.finish(second)
            world.check()
            for list_id in world.server.lists:
                world.server.moves_on(list_id)
            world.finish(first)
            world.check()
            world.come_to_rest()

    def _interrupt(self, world: World, runner: Runner) -> None:
        (send,) = (effect for effect in runner.pending if effect.kind is Kind.SEND)
        world.let(send, self.request)
        for _ in range(self.steps):
            world.go(runner)
        if self.overtaken.killed:
            world.crash(runner)
        if self.overtaken.late:
            world.pass_time(LEASE + 1)


def go_until(world: World, runner: Runner, kind: Kind) -> None:
    """Let a run go on, well, until it waits for something of this kind."""
    while all(effect.kind is not kind for effect in runner.pending):
        world.go(runner)


def take_all(courses: Iterable[Course], making: Making | None = None) -> None:
    """Take one course after the other; raises ViolationError at the first that goes wrong."""
    for course in courses:
        course.take(making)


def _in_a_fixed_disorder(courses: Iterable[Course]) -> tuple[Course, ...]:
    listed = list(courses)
    Random(0).shuffle(listed)
    return tuple(sorted(listed, key=_is_common))


def _is_common(course: Course) -> bool:
    """Not so the few that alone find a certain hole: they come first, so that it is found soon."""
    sends_again = course.request in ("never leaves", "is throttled")
    return not (sends_again and course.overtaken is Overtaken.ASLEEP_FOR_LONG)


COURSES = _in_a_fixed_disorder(
    Course(*which) for which in product(REQUESTS, STEPS, Overtaken, (Weather.FINE, Weather.HIDDEN))
)
