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
    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.runs import Attempt, Run
    from ringg_runner.selecting import Selected

_PLANNED = {
    Action.START: "{} to start",
    Action.SKIP: "{} to skip",
    Action.HOLD: "{} on hold",
}

RECALLED = (
    "This is what the ledger tells of the run. It keeps what was claimed: campaigns that were on"
    " hold, skipped by the ledger or not reached are missing, and so are their files."
)


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
    return (
        f"This is a preview: nothing was started. An apply would start"
        f" {counted(starts, 'campaign')}, and call {_called(plan.people, starts)}.{selected}"
    )


def meaning_of_run(run: Run) -> str:
    """Return what a run came to, to somebody who never saw one."""
    if run.recalled:
        return RECALLED
    return _came_to(run) + _selected(run.selected)


def _came_to(run: Run) -> str:
    started, unresolved = run.summary[Outcome.STARTED], run.summary[Outcome.UNRESOLVED]
    maybe = f" {unresolved:,} more may or may not have started." if unresolved else ""
    if started:
        were, call = ("was", "calls") if started == 1 else ("were", "call")
        called = _called(run.people, started)
        return f"{counted(started, 'campaign')} {were} started, and {call} {called}.{maybe}"
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


def _called(people: int | None, campaigns: int) -> str:
    if people is None:
        lists = "its list" if campaigns == 1 else "their lists"
        return f"everybody on {lists} (how many is not known here)"
    return "1 person" if people == 1 else f"{people:,} people"
