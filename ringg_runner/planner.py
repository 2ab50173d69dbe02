"""Decides what an apply would do: one action for each campaign, sorted, with a digest over all.

A pure function of the campaigns and the moment. It sends nothing and asks nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.campaigns import Campaign


class Action(StrEnum):
    """What an apply would do with a campaign."""

    START = "start"
    SKIP = "skip"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """A campaign with its action, and why it has that one."""

    campaign: Campaign
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do in one environment, in the order of the manifests."""

    environment: Environment
    starts: tuple[PlannedStart, ...]

    @property
    def summary(self) -> dict[Action, int]:
        """How many campaigns have each action."""
        counts = Counter(planned.action for planned in self.starts)
        return {action: counts[action] for action in Action}

    @property
    def digest(self) -> str:
        """A digest over everything that an apply would send, and over what it would not.

        It leaves out where a manifest stands and why an action was chosen, so that moving a file
        does not invalidate a review.
        """
        content = {
            "environment": self.environment.name,
            "base_url": self.environment.base_url,
            "campaigns": [
                [planned.campaign.name, planned.action, planned.campaign.request.body]
                for planned in sorted(self.starts, key=lambda planned: planned.campaign.name)
            ],
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def make_plan(campaigns: Iterable[Campaign], environment: Environment, now: datetime) -> Plan:
    """Plan the campaigns as they stand at the moment `now`."""
    in_order = sorted(campaigns, key=lambda campaign: (campaign.file, campaign.line))
    return Plan(environment, tuple(_decide(campaign, now) for campaign in in_order))


def _decide(campaign: Campaign, now: datetime) -> PlannedStart:
    window = campaign.window
    if not campaign.enabled:
        return PlannedStart(campaign, Action.HOLD, "enabled: false")
    if window.not_before and now < window.not_before:
        moment = format_moment(window.not_before)
        return PlannedStart(campaign, Action.HOLD, f"not before {moment}")
    if window.not_after and now > window.not_after:
        moment = format_moment(window.not_after)
        return PlannedStart(campaign, Action.HOLD, f"its time to start ended at {moment}")
    return PlannedStart(campaign, Action.START, "the API will say if it already started")
