"""Holds a plan to the one that was reviewed: what moved since is not started, and is named.

A pure function of the two plans. Nothing in here makes a start of what the new plan does not start,
nor changes a request: it only takes starts away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringg_runner.campaigns import is_digest
from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.redaction import keepable
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringg_runner.api.server_list import Row
    from ringg_runner.ledger.records import Entry


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was saved: when, by which version of the tool, and under which seal.

    The seal is a digest over everything that the file holds: another plan has another.
    """

    plan: Plan
    made_at: datetime
    version: str
    seal: str


def hold_to(plan: Plan, reviewed: Plan, *, looked: bool = True) -> Plan:
    """Return the plan, with no start in it but those that were reviewed, each with its request.

    What was started meanwhile is skipped, as the new plan says. Whatever else moved is held, by a
    reason that names what moved. A campaign that has gone is held too; one that the reviewed plan
    left out, in a file that did not change, is left out here. `looked` is whether the server's list
    was asked for: before that, nothing is made of what it does not say.
    """
    lists = {was.campaign.list_id: was for was in reviewed.starts}
    names = {was.campaign.name: was for was in reviewed.starts}
    pairs = [
        (now, lists.get(now.campaign.list_id) or names.get(now.campaign.name))
        for now in plan.starts
    ]
    comparison = _Comparison(plan, reviewed, looked)
    found = {was.campaign.list_id for _, was in pairs if was}
    gone = (was for was in reviewed.starts if was.campaign.list_id not in found)
    starts = [*comparison.held(pairs), *map(_gone, gone)]
    starts.sort(key=lambda planned: (planned.campaign.file, planned.campaign.line))
    held = replace(plan, starts=tuple(starts))
    insist(held, reviewed if looked else replace(reviewed, list_read=False))
    return held


def insist(plan: Plan, reviewed: Plan) -> None:
    """Raise AssertionError where a plan would start anything but what was reviewed, as it was seen.

    It is asked last of all, and knows nothing of how the plan came to be.
    """
    allowed = {
        planned.campaign.name: planned.campaign.request.kept_body
        for planned in reviewed.starts
        if planned.action is Action.START
    }
    here, there = plan.environment, reviewed.environment
    comparable = (
        (here.name, here.base_url) == (there.name, there.base_url)
        and plan.ledger_read >= reviewed.ledger_read
        and plan.list_read >= reviewed.list_read
    )
    for planned in plan.starts:
        campaign = planned.campaign
        known = comparable and allowed.get(campaign.name) == campaign.request.kept_body
        if planned.action is Action.START and not known:
            raise AssertionError(f"{campaign.name} would start, and was not reviewed")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A plan beside the reviewed one."""

    plan: Plan
    reviewed: Plan
    looked: bool

    def held(
        self, pairs: Iterable[tuple[PlannedStart, PlannedStart | None]]
    ) -> Iterator[PlannedStart]:
        """Yield every campaign that the review was about, or that may be new since."""
        for now, was in pairs:
            if was is not None or self._changed(now.campaign.file):
                yield self._held(now, was)

    def _held(self, now: PlannedStart, was: PlannedStart | None) -> PlannedStart:
        if now.action is Action.SKIP:
            return now
        if now.action is Action.HOLD:
            to_start = was is not None and was.action is Action.START
            return _hold(now, f"{now.reason}; the reviewed plan starts it") if to_start else now
        moved = ["not in the reviewed plan"] if was is None else [*self._moved(now, was)]
        return _hold(now, "; ".join(moved)) if moved else now

    def _moved(self, now: PlannedStart, was: PlannedStart) -> Iterator[str]:
        """Yield everything that is not as it was reviewed."""
        if was.action is not Action.START:
            yield f"the reviewed plan {_DOES[was.action]} it: {was.reason}"
        yield from self._moved_place(now, was)
        yield from _moved_words("name", now.campaign.name, was.campaign.name)
        yield from _moved_request(now, was)
        yield from self._moved_ledger(now.entry, was.entry)
        yield from self._moved_list(now.row, was.row)

    def _moved_place(self, now: PlannedStart, was: PlannedStart) -> Iterator[str]:
        environments = self.plan.environment, self.reviewed.environment
        yield from _moved_words("environment", *(each.name for each in environments))
        yield from _moved_words("base_url", *(each.base_url for each in environments))
        if self._changed(now.campaign.file):
            yield f"{now.campaign.file} changed since the plan was made"
        elif (there := was.campaign.place) != (here := now.campaign.place):
            yield from _moved_words("its place", here, there)

    def _changed(self, file: str) -> bool:
        was = self.reviewed.manifests.get(file)
        return was is None or was != self.plan.manifests.get(file)

    def _moved_ledger(self, now: Entry | None, was: Entry | None) -> Iterator[str]:
        if not self.reviewed.ledger_read:
            return
        if not self.plan.ledger_read:
            yield "the ledger is not read here, and was for the reviewed plan"
        elif (here := _in_the_ledger(now)) != (there := _in_the_ledger(was)):
            yield f"the ledger says {here}, and said {there} when the plan was made"

    def _moved_list(self, now: Row | None, was: Row | None) -> Iterator[str]:
        if not self.reviewed.list_read:
            return
        if not self.plan.list_read:
            if self.looked:
                yield "the server's list is not read here, and was for the reviewed plan"
        elif (here := _in_the_list(_kept(now))) != (there := _in_the_list(was)):
            yield f"the server's list says {here}, and said {there} when the plan was made"


_DOES = {Action.SKIP: "skips", Action.HOLD: "holds"}


def _hold(planned: PlannedStart, reason: str) -> PlannedStart:
    return replace(planned, action=Action.HOLD, reason=reason, evidence=None)


def _gone(was: PlannedStart) -> PlannedStart:
    """Return what is in the manifests no more; nobody looked how it stands."""
    return replace(_hold(was, f"no longer in {was.campaign.file}"), entry=None, row=None)


def _moved_request(now: PlannedStart, was: PlannedStart) -> Iterator[str]:
    here, there = now.campaign.request.kept_body, was.campaign.request.kept_body
    for key in {**here, **there}:
        texts = _text(here.get(key)), _text(there.get(key))
        if any(map(is_digest, texts)) and here.get(key) != there.get(key):
            yield f"{key} is another than in the reviewed plan"
        else:
            yield from _moved_words(key, *texts)


def _moved_words(what: str, now: str, was: str) -> Iterator[str]:
    if now != was:
        yield f"{what} is {now}, and was {was} in the reviewed plan"


def _text(value: str | list[str] | None) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else ", ".join(value)


def _in_the_ledger(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    return f"{entry.state.replace('_', ' ')} since {format_moment(entry.changed_at)}"


def _kept(row: Row | None) -> Row | None:
    """Return what a file keeps of a row."""
    return replace(row, word=keepable(row.word)) if row and row.word else row


def _in_the_list(row: Row | None) -> str:
    if row is None:
        return "nothing"
    word = "no campaign" if row.word is None else f"“{row.word}”"
    return word if row.people is None else f"{word} with {row.people:,} people"
