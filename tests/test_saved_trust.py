"""A saved plan is for its environment, for a time, and for one use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from build import NOW, a_campaign, an_environment
from plans import planned, saved

from ringg_runner.campaigns import ListId
from ringg_runner.errors import PlanFileError
from ringg_runner.ledger.records import Event, Key, RunInfo, TrailRow
from ringg_runner.saved import trust

SAVED = saved(planned(a_campaign()))
DAY = timedelta(days=1)


def refusal(failure: pytest.ExceptionInfo[PlanFileError]) -> str:
    assert failure.value.hint
    return str(failure.value)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (119.9, "119 seconds"),
        (120, "2 minutes"),
        (3_600, "60 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (86_400, "24 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (1e7, "115 days"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_that_tells_enough(seconds: float, words: str) -> None:
    assert trust.in_words(seconds) == words


@pytest.mark.parametrize(
    "age",
    [timedelta(0), DAY - timedelta(seconds=1), DAY, timedelta(minutes=-5), timedelta(seconds=-1)],
    ids=str,
)
def test_a_plan_of_today_is_young_enough(age: timedelta) -> None:
    trust.refuse_age(SAVED, "plan.json", NOW + age, trust.MAX_AGE)


def test_a_plan_that_is_too_old_says_how_old_it_is_and_what_is_allowed() -> None:
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_age(SAVED, "plan.json", NOW + timedelta(hours=3), 1_800)
    assert refusal(failure) == (
        "plan.json is 3 hours old, and 30 minutes are allowed: it was made 2026-12-01T04:00:00Z"
    )


def test_a_plan_is_too_old_from_the_very_moment_on() -> None:
    with pytest.raises(PlanFileError):
        trust.refuse_age(SAVED, "plan.json", NOW + timedelta(seconds=60.001), 60)


def test_a_plan_from_the_future_is_refused_however_old_it_may_be() -> None:
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_age(SAVED, "plan.json", NOW - timedelta(seconds=301), 1e9)
    assert refusal(failure) == (
        "plan.json was made 2026-12-01T04:00:00Z, and here it is 2026-12-01T03:54:59Z: "
        "the clocks disagree"
    )


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_any_clock_can_be_compared_with(moment: datetime) -> None:
    with pytest.raises(PlanFileError):
        trust.refuse_age(SAVED, "plan.json", moment.replace(tzinfo=UTC), 999_999 * 86_400)


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (NOW + timedelta(minutes=2), "2 minutes ago"),
        (NOW - timedelta(minutes=2), "in the future by the clock here"),
    ],
)
def test_the_history_of_a_plan_is_told(now: datetime, when: str) -> None:
    assert trust.history(SAVED, now) == (
        f"was made 2026-12-01T04:00:00Z ({when}) by ringg-runner 0.1.0 for production"
    )


@pytest.mark.parametrize("environment", [None, "production"])
def test_the_environment_may_be_named_or_not(environment: str | None) -> None:
    trust.refuse_other_name(SAVED, "plan.json", environment)
    trust.refuse_other_api(SAVED, "plan.json", an_environment())


def test_another_environment_is_refused() -> None:
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_other_name(SAVED, "plan.json", "staging")
    assert refusal(failure) == "plan.json is a plan for production, and --env says staging"


def test_an_environment_that_became_another_api_is_refused() -> None:
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_other_api(SAVED, "plan.json", an_environment(base_url="https://x.example.com"))
    assert refusal(failure) == (
        "plan.json was made for https://api.example.com/v0, and production is "
        "https://x.example.com now"
    )


def test_a_second_use_names_the_run_and_the_moment_of_the_first() -> None:
    run = RunInfo("run-7", "ci-1", "ann", "0.1.0", job_url="https://ci.example.com/7")
    key = Key("https://api.example.com/v0", ListId("list-1"))
    row = TrailRow(1, NOW, key, Event.CLAIMED, run, {}, "", "")
    trust.refuse_second_use(None, "plan.json")
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_second_use(row, "plan.json")
    assert refusal(failure) == (
        "plan.json was applied before: run run-7 (https://ci.example.com/7) claimed a list of it "
        "2026-12-01T04:00:00Z"
    )


def test_a_digest_is_compared_only_where_one_is_expected() -> None:
    plan = SAVED.plan
    trust.refuse_other_digest(plan, "plan.json", None)
    trust.refuse_other_digest(plan, "plan.json", plan.digest)
    other = f"sha256:{'0' * 64}"
    with pytest.raises(PlanFileError) as failure:
        trust.refuse_other_digest(plan, "plan.json", other)
    assert refusal(failure) == (
        f"plan.json has the digest {plan.digest}, and {other} was expected: nothing was sent"
    )
