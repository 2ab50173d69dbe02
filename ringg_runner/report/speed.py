"""How fast a run goes, and how long it will still take: numbers, told only where they are known.

A campaign that needs no request takes no time, so it tells nothing of the speed. What is being
settled waits for the server's list, and what is paused for the API: neither has a speed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.planner import Action
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from ringg_runner.planner import Plan
    from ringg_runner.running.tally import Tally

WINDOW = 15.0
"""How many seconds back the speed is taken from."""

ENOUGH = 3.0
"""How many seconds have to be seen before a speed is told."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many requests had come to an outcome at a moment, in the seconds of a steady clock."""

    at: float
    answered: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Requests that come to an outcome each second, and seconds left; None is not known."""

    rate: float | None = None
    left: float | None = None


def without_a_request(plan: Plan) -> Counter[Outcome]:
    """Return the outcomes that a plan comes to without a single request."""
    summary = plan.summary
    return Counter({Outcome.SKIPPED: summary[Action.SKIP], Outcome.HELD: summary[Action.HOLD]})


def answered(tally: Tally, free: Counter[Outcome]) -> int:
    """Return how many requests came to an outcome, as far as the tally tells.

    Where some skips cost a request and others, which are `free`, did not, the free ones are taken
    to come first: a run may then seem slower than it is, and never faster.
    """
    counts = tally.outcomes.items()
    return sum(
        max(0, count - free[outcome])
        for outcome, count in counts
        if outcome is not Outcome.CANCELLED
    )


def still_to_send(tally: Tally, free: Counter[Outcome]) -> int:
    """Return how many requests are still to come to an outcome, but for those being settled."""
    never_sent = free.total() + tally.outcomes[Outcome.CANCELLED]
    return max(0, tally.total - never_sent - answered(tally, free) - tally.unsettled)


def seen(
    samples: tuple[Sample, ...], tally: Tally, free: Counter[Outcome], at: float
) -> tuple[Sample, ...]:
    """Return the samples of the window that ends at this moment; after a pause it begins anew."""
    if tally.paused_for:
        return ()
    recent = (sample for sample in samples if sample.at >= at - WINDOW)
    return (*recent, Sample(at, answered(tally, free)))


def speed(samples: tuple[Sample, ...], to_send: int) -> Speed:
    """Return the speed over these samples, and what it means for so many requests to come."""
    if not samples:
        return Speed()
    span = samples[-1].at - samples[0].at
    gained = samples[-1].answered - samples[0].answered
    if span < ENOUGH or not gained:
        return Speed()
    rate = gained / span
    return Speed(rate, to_send / rate if to_send else None)
