"""Who is told of a run's attempts and outcomes at the moment they happen: a log, or nobody.

A witness only hears. Nothing that a run does depends on one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ringg_runner.campaigns import Campaign
    from ringg_runner.runs import Attempt, Result


class Witness(Protocol):
    """Whoever is told; it must neither raise nor take long."""

    def attempted(self, campaign: Campaign, attempt: Attempt) -> None:
        """Hear of a request that was sent, once its reply is judged."""
        ...

    def ended(self, result: Result) -> None:
        """Hear what became of a campaign, once that is recorded: in the order of their ends."""
        ...


class Nobody:
    """Hears nothing."""

    def attempted(self, campaign: Campaign, attempt: Attempt) -> None:
        """Pass over it."""

    def ended(self, result: Result) -> None:
        """Pass over it."""
