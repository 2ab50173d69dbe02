"""Decides what an apply would do: one action for each campaign, sorted, with a digest over all.

A pure function of the campaigns and the moment. It sends nothing and asks nobody.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from ringg_runner.api.server_list import Listing, Row, Standing, Unreadable, View
from ringg_runner.campaigns import digest_of, in_order
from ringg_runner.ledger.records import Entry, State
from ringg_runner.runs import Evidence, sum_if_known
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.guards import GuardCheck
    from ringg_runner.selecting import Selected


class Action(StrEnum):
    """What an apply would do with a campaign."""

    START = "start"
    SKIP = "skip"
    HOLD = "hold"


_Decision: TypeAlias = "tuple[Action, str, Evidence | None]"
"""An action, why, and how a skip is known."""


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """A campaign with its action, and why it has that one; a skip with how that is known.

    `entry` is what the ledger held of its list, `row` what the server's list said of it.
    """

    campaign: Campaign
    action: Action
    reason: str
    evidence: Evidence | None = None
    entry: Entry | None = None
    row: Row | None = None

    @property
    def people(self) -> int | None:
        """How many people the server's list says it calls; None where it does not say."""
        return self.row.people if self.row else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do in one environment, in the order of the manifests.

    `not_checked` says what an apply may still come upon, `guards` how each guard of the environment
    stands towards these starts, and `manifests` what the text of each file is recognised by.
    `ledger_read` and `list_read` where the ledger and the server's list were looked at. `selected`
    is how many campaigns it is about, and why those; None where nobody selected any.
    """

    environment: Environment
    starts: tuple[PlannedStart, ...]
    not_checked: tuple[str, ...] = ()
    guards: tuple[GuardCheck, ...] = ()
    manifests: Mapping[str, str] = field(default_factory=dict)
    ledger_read: bool = False
    list_read: bool = False
    selected: Selected | None = None

    @property
    def summary(self) -> dict[Action, int]:
        """How many campaigns have each action."""
        counts = Counter(planned.action for planned in self.starts)
        return {action: counts[action] for action in Action}

    @property
    def people(self) -> int | None:
        """How many people the starts call; None where the server's list does not say of all."""
        return sum_if_known(p.people for p in self.starts if p.action is Action.START)

    def narrowed_to(self, approved: Plan) -> Plan:
        """Return this plan with no start in it that the approved one did not have."""
        may_start = {p.campaign.list_id for p in approved.starts if p.action is Action.START}
        starts = (
            replace(planned, action=Action.HOLD, reason="not a start in the plan that was approved")
            if planned.action is Action.START and planned.campaign.list_id not in may_start
            else planned
            for planned in self.starts
        )
        return replace(self, starts=tuple(starts))

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
                [planned.campaign.name, planned.action, planned.campaign.request.kept_body]
                for planned in sorted(self.starts, key=lambda planned: planned.campaign.name)
            ],
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return digest_of(canonical)


def make_plan(
    campaigns: Iterable[Campaign],
    environment: Environment,
    now: datetime,
    known: Mapping[ListId, Entry] | None = None,
    view: View | None = None,
) -> Plan:
    """Plan the campaigns as they stand at the moment `now`.

    `known` is what the ledger holds of this API, `view` what the server's list showed; either may
    be missing.
    """
    listing = view if isinstance(view, Listing) else None
    starts = (_planned(campaign, now, known, listing) for campaign in in_order(campaigns))
    return Plan(
        environment,
        tuple(starts),
        tuple(_not_checked(known, view)),
        ledger_read=known is not None,
        list_read=listing is not None,
    )


def _planned(
    campaign: Campaign,
    now: datetime,
    known: Mapping[ListId, Entry] | None,
    listing: Listing | None,
) -> PlannedStart:
    entry = known.get(campaign.list_id) if known else None
    row = listing.rows.get(campaign.list_id) if listing else None
    held = why_held(campaign, now)
    action, reason, evidence = (
        (Action.HOLD, held, None)
        if held
        else _known_from_the_ledger(campaign, now, entry)
        or _seen_at_the_server(row, listed=listing is not None, remembers=known is not None)
    )
    return PlannedStart(campaign, action, reason, evidence, entry, row)


def _not_checked(known: object, view: View | None) -> Iterator[str]:
    yield "agent id, list id, pool id: whether they exist; the API says so when asked to start"
    if known is None:
        yield "the ledger: what was started before"
    if isinstance(view, Unreadable):
        yield f"the server's list of campaigns: {view.reason}"
    elif view is None:
        yield "the server's list of campaigns: what has started already"
    elif not view.whole:
        yield "all of the server's list of campaigns: it moved while it was read"


def why_held(campaign: Campaign, now: datetime) -> str | None:
    """Return why a manifest lets its campaign not be started at the moment `now`, if so."""
    window = campaign.window
    if not campaign.enabled:
        return "enabled: false"
    if window.not_before and now < window.not_before:
        return f"not before {format_moment(window.not_before)}"
    if window.not_after and now > window.not_after:
        return f"its time to start ended at {format_moment(window.not_after)}"
    return None


def _known_from_the_ledger(
    campaign: Campaign, now: datetime, entry: Entry | None
) -> _Decision | None:
    if entry is None or entry.state is State.NOT_STARTED:
        return None
    if entry.state is State.STARTED:
        reason, evidence = how_started(entry)
        return Action.SKIP, reason + _changes(campaign, entry), evidence
    if entry.state is State.UNRESOLVED or entry.is_abandoned(now):
        reason = f"{entry.run} left it open: it is settled before anything is sent"
        return Action.START, reason, None
    return Action.HOLD, being_started(entry), None


def how_started(entry: Entry) -> tuple[str, Evidence]:
    """Return who started a list, as far as the ledger knows, and how that is known."""
    moment = format_moment(entry.changed_at)
    if entry.evidence == Evidence.PERSON:
        return f"settled as started {moment} by {entry.run}: {entry.reason}", Evidence.PERSON
    if entry.evidence == Evidence.ANSWER:
        return f"started {moment} by {entry.run}", Evidence.LEDGER
    return f"started, as {entry.run} found {moment}: {entry.reason}", Evidence.LEDGER


def being_started(entry: Entry) -> str:
    """Return who is at it, and from when on nobody may be any more."""
    until = entry.lease_until
    lives = f"; its claim lives until {format_moment(until)}" if until else ""
    return f"being started by {entry.run}{lives}"


def _changes(campaign: Campaign, entry: Entry) -> str:
    fields = changed_fields(campaign, entry)
    return f"; changed since, without effect: {', '.join(fields)}" if fields else ""


def changed_fields(campaign: Campaign, entry: Entry) -> tuple[str, ...]:
    """Return the fields that are written otherwise now than when the campaign was sent."""
    now, then = campaign.request.kept_body, entry.request
    return tuple(key for key in {**now, **then} if now.get(key) != then.get(key))


_SEEN: dict[Standing, tuple[Action, str]] = {
    Standing.NO_CAMPAIGN: (Action.START, "the server lists it as no campaign"),
    Standing.NOT_STARTED: (Action.START, "not started yet: the server's list says {}"),
    Standing.LIVE: (Action.SKIP, "the server's list says {}"),
    Standing.COMPLETED: (Action.SKIP, "the server's list says {}"),
    Standing.ENDED: (
        Action.HOLD,
        "the server's list says {}: only a person knows whether to try again, with a new list",
    ),
    Standing.UNKNOWN: (Action.HOLD, "the server's list says {}, which is not known here"),
}


def _seen_at_the_server(row: Row | None, *, listed: bool, remembers: bool) -> _Decision:
    if not listed:
        return Action.START, "the API will say if it already started", None
    if row is None:
        return Action.START, "not in the server's list", None
    action, reason = _SEEN[row.standing]
    told = reason.format(row.shown_word)
    if action is not Action.SKIP:
        return action, told, None
    by = ": not started by a run in this ledger" if remembers else ""
    return action, told + by, Evidence.SERVER_LIST
