"""When a saved plan may be applied: for its environment, in its time, and once. Pure rules."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringg_runner.errors import PlanFileError
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.ledger.records import TrailRow
    from ringg_runner.planner import Plan
    from ringg_runner.reviewed import SavedPlan

MAX_AGE = 86_400.0
"""How many seconds a plan may be old, unless somebody says otherwise."""

AHEAD = 300.0
"""How many seconds a plan may come from the future: clocks do not agree to the second."""


def history(saved: SavedPlan, now: datetime) -> str:
    """Return when, by what and for which environment a plan was made."""
    ago = (now - saved.made_at).total_seconds()
    when = f"{in_words(ago)} ago" if ago >= 0 else "in the future by the clock here"
    return (
        f"was made {format_moment(saved.made_at)} ({when}) by ringg-runner {saved.version}"
        f" for {saved.plan.environment.name}"
    )


def in_words(seconds: float) -> str:
    """Return a duration as people say it: rounded down, in the largest unit that has two of it."""
    length, unit = next((each for each in _UNITS if seconds >= 2 * each[0]), _UNITS[-1])
    count = int(seconds // length)
    return f"{count} {unit}{'' if count == 1 else 's'}"


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def refuse_age(saved: SavedPlan, name: str, now: datetime, max_age: float) -> None:
    """Raise PlanFileError for a plan that is too old, or that comes from the future."""
    made = format_moment(saved.made_at)
    if now - saved.made_at > timedelta(seconds=max_age):
        age = in_words((now - saved.made_at).total_seconds())
        raise PlanFileError(
            f"{name} is {age} old, and {in_words(max_age)} are allowed: it was made {made}",
            "make the plan again: ringg-runner plan -o plan.json; or allow more with --max-age",
        )
    if saved.made_at - now > timedelta(seconds=AHEAD):
        raise PlanFileError(
            f"{name} was made {made}, and here it is {format_moment(now)}: the clocks disagree",
            "set the clocks of both machines, and make the plan again",
        )


def refuse_other_name(saved: SavedPlan, name: str, environment: str | None) -> None:
    """Raise PlanFileError where another environment is asked for than the plan's own."""
    own = saved.plan.environment.name
    if environment not in (None, own):
        raise PlanFileError(
            f"{name} is a plan for {own}, and --env says {environment}",
            f"leave --env out, or make a plan for {environment}",
        )


def refuse_other_api(saved: SavedPlan, name: str, environment: Environment) -> None:
    """Raise PlanFileError where the environment has become another API than the plan's."""
    there = saved.plan.environment.base_url
    if environment.base_url != there:
        raise PlanFileError(
            f"{name} was made for {there}, and {environment.name} is {environment.base_url} now"
        )


def refuse_second_use(row: TrailRow | None, name: str) -> None:
    """Raise PlanFileError where a claim was made under this plan before."""
    if row is not None:
        raise PlanFileError(
            f"{name} was applied before: {row.run} claimed a list of it {format_moment(row.at)}",
            "make the plan again, which skips what was started: ringg-runner plan -o plan.json",
        )


def refuse_other_digest(plan: Plan, name: str, expected: str | None) -> None:
    """Raise PlanFileError where a plan is another than the one that was expected."""
    if expected is not None and plan.digest != expected:
        raise PlanFileError(
            f"{name} has the digest {plan.digest}, and {expected} was expected: nothing was sent",
            "something moved since the review: look at the plan again, and give its digest",
        )
