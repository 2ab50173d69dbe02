"""What all formats say of plans and runs in the same words; where and how is a format's own."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from ringg_runner.planner import Action
from ringg_runner.runs import Outcome
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.campaigns import StartRequest
    from ringg_runner.guards import Guard, GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.runs import Attempt, Run
    from ringg_runner.selecting import Selected

_PLANNED = {
    Action.START: "{} to start",
    Action.SKIP: "{} to skip",
    Action.HOLD: "{} on hold",
}

RECALLED = (
    "This was put together from the ledger, and is not the whole of the run: it has what was"
    " claimed to be sent. Campaigns that were on hold, skipped by the ledger or not reached are"
    " missing, and so are the places of the manifests."
)


def headline_of_plan(plan: Plan) -> str:
    """Return the totals, and before them that no apply would get that far, where that is so."""
    return f"{'An apply would be refused: ' if _refusing(plan) else ''}{totals_of_plan(plan)}"


def totals_of_plan(plan: Plan) -> str:
    """Return how many campaigns have each action: `2 to start (4,812 people), 1 on hold`."""
    return ", ".join(
        _PLANNED[action].format(f"{count:,}") + (_people(plan.people) if _starts(action) else "")
        for action, count in plan.summary.items()
        if count or _starts(action)
    )


def totals_of_run(run: Run) -> str:
    """Return how many campaigns have each outcome: `2 started (4,812 people), 1 held`."""
    return ", ".join(text for _, text in parts_of_run(run))


def parts_of_run(run: Run) -> Iterator[tuple[Outcome, str]]:
    """Yield each outcome that there is with what is said of it."""
    for outcome, count in run.summary.items():
        started = outcome is Outcome.STARTED
        if count or started:
            yield outcome, f"{count:,} {outcome}" + (_people(run.people) if started else "")


def counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def meaning_of_plan(plan: Plan, *, refused: bool) -> str:
    """Return what a plan means, to somebody who never saw one; `refused` where an apply was."""
    starts = plan.summary[Action.START]
    selected = _selected(plan.selected)
    if refused:
        return f"An apply of this plan was refused: nothing was started.{selected}"
    if not starts:
        return f"This is a preview. An apply would start nothing, and call nobody.{selected}"
    what = f"start {counted(starts, 'campaign')}, {_calling(plan.people, starts)}"
    guards = _refusing(plan)
    if guards:
        which = f"the guard {guards[0]}" if len(guards) == 1 else f"{len(guards)} guards"
        would = f"be refused by {which}, and start nothing. Without that it would {what}"
    else:
        would = what
    return f"This is a preview: nothing was started. An apply would {would}.{selected}"


def heading_of_run(run: Run) -> str:
    """Return what a report of a run is called, but for the environment's name."""
    return "What the ledger knows of a run in" if run.recalled else "Apply to"


def meaning_of_run(run: Run) -> str:
    """Return what a run came to, to somebody who never saw one."""
    if run.recalled:
        return RECALLED
    return _came_to(run) + _selected(run.selected)


def _came_to(run: Run) -> str:
    started, unresolved = run.summary[Outcome.STARTED], run.summary[Outcome.UNRESOLVED]
    maybe = f" {unresolved:,} more may or may not have started." if unresolved else ""
    if started:
        were = "was" if started == 1 else "were"
        calling = _calling(run.people, started)
        return f"{counted(started, 'campaign')} {were} started, {calling}.{maybe}"
    if unresolved:
        campaigns = counted(unresolved, "campaign")
        return f"{campaigns} may or may not have started, and nothing else did."
    return "Nothing was started, so nobody is called by this run."


def facts_of_plan(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what a plan is bound to, each with its name."""
    yield "Environment", plan.environment.name
    yield "API", plan.environment.base_url
    yield "Digest", plan.digest


def facts_of_run(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what a run was, each with its name."""
    yield "Environment", run.environment.name
    yield "API", run.environment.base_url
    yield "Run", run.run_id
    yield "From", format_moment(run.started_at)
    yield "To", format_moment(run.finished_at)
    if run.digest:
        yield "Digest of the plan", run.digest


class Standing(StrEnum):
    """How a guard stands towards a plan; what is not known, an apply finds out."""

    OK = "ok"
    REFUSES = "refuses"
    NOT_KNOWN = "not known"
    OVERRIDDEN = "overridden"


def standing_of(check: GuardCheck) -> Standing:
    """Return how a guard stands towards a plan."""
    if check.passes is True:
        return Standing.OK
    if check.overridden is not None:
        return Standing.OVERRIDDEN
    return Standing.NOT_KNOWN if check.passes is None else Standing.REFUSES


GUARDS = (
    "Limits that the project sets. One that refuses, or that cannot be checked, stops an apply."
)

GUARD_HEADS = ("State", "Guard", "Limit", "Found", "Where")


def cells_of_guard(check: GuardCheck) -> tuple[str, str, str, str, str]:
    """Return what the columns of `GUARD_HEADS` hold for a guard."""
    why = f" (overridden: {check.overridden})" if check.overridden is not None else ""
    return standing_of(check), str(check.guard), check.limit, check.figure + why, check.place


def of_attempt(attempt: Attempt) -> str:
    """Return an attempt as a phrase: when, how long, and what came of it."""
    status = "no answer" if attempt.status is None else f"HTTP {attempt.status}"
    told = (status, attempt.verdict.replace("_", " "), attempt.detail)
    return (
        f"attempt {attempt.n} at {format_moment(attempt.sent_at)},"
        f" {attempt.seconds:.3f} s: {', '.join(filter(None, told))}"
    )


def of_request(request: StartRequest) -> Iterator[str]:
    """Yield a request as people may see it: where it goes, then a line for each field."""
    yield f"POST {request.url}"
    for key, value in request.shown_body.items():
        yield f"{key}: {value if isinstance(value, str) else json.dumps(value)}"


def _selected(selected: Selected | None) -> str:
    return f" Selected: {selected.figures}." if selected and selected.by else ""


def _starts(action: Action) -> bool:
    return action is Action.START


def _people(people: int | None) -> str:
    return f" ({people:,} people)" if people else ""


def _calling(people: int | None, campaigns: int) -> str:
    """Return whom campaigns call, as far as that is known: those who stand on their lists."""
    lists = "whose list holds" if campaigns == 1 else "whose lists hold"
    if people is None:
        return f"{lists} a number of people that is not known here"
    return f"{lists} {'1 person' if people == 1 else f'{people:,} people'}"


def _refusing(plan: Plan) -> list[Guard]:
    return [one.guard for one in plan.guards if standing_of(one) is Standing.REFUSES]
