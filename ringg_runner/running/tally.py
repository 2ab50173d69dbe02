"""How far a run has come: numbers to look at while it goes on, which decide nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from ringg_runner.runs import Outcome


@dataclass(slots=True)
class Tally:
    """What is known at this moment; only what is recorded counts as an outcome.

    `in_flight` are requests that wait for their answer, `unsettled` the starts whose answer was
    lost and that are looked for, and `paused_for` the seconds that the API asked to be left alone.
    """

    total: int = 0
    outcomes: Counter[Outcome] = field(
        # All of them from the start: whoever looks from another thread finds none added meanwhile.
        default_factory=partial(Counter, dict.fromkeys(Outcome, 0))
    )
    in_flight: int = 0
    unsettled: int = 0
    paused_for: float = 0.0

    @property
    def done(self) -> int:
        """How many campaigns have their outcome."""
        return self.outcomes.total()
