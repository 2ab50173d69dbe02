"""Writes what a run is a witness of to a log in JSON, event by event, while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.cli.output import log

if TYPE_CHECKING:
    from ringg_runner.campaigns import Campaign
    from ringg_runner.report.events import RunEvents
    from ringg_runner.runs import Attempt, Result


@dataclass(frozen=True, slots=True)
class Log:
    """A witness that writes all it hears to a log in JSON."""

    events: RunEvents

    def attempted(self, campaign: Campaign, attempt: Attempt) -> None:
        """Write the event of an attempt."""
        log(self.events.attempt, campaign, attempt)

    def ended(self, result: Result) -> None:
        """Write the event of an outcome."""
        log(self.events.outcome, result)
