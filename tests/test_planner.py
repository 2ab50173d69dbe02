"""A plan: an action for each campaign, in order, and a digest over all that would be sent."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from build import NOW, a_campaign, a_plan, a_request, an_environment
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.campaigns import Campaign, StartRequest, Window
from ringg_runner.planner import Action, make_plan

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fields", "action", "reason"),
    [
        ({}, "start", "the API will say if it already started"),
        ({"enabled": False}, "hold", "enabled: false"),
        ({"window": Window(not_before=NOW)}, "start", "the API"),
        ({"window": Window(not_before=NOW + SECOND)}, "hold", "not before 2026-12-01T04:00:01Z"),
        ({"window": Window(not_after=NOW)}, "start", "the API"),
        ({"window": Window(not_after=NOW - SECOND)}, "hold", "ended at 2026-12-01T03:59:59Z"),
        ({"window": Window(NOW, NOW)}, "start", "the API"),
        ({"window": Window(NOW + SECOND, NOW + SECOND)}, "hold", "not before"),
        ({"window": Window(NOW - SECOND, NOW - SECOND)}, "hold", "ended at"),
        ({"enabled": False, "window": Window(NOW, NOW)}, "hold", "enabled: false"),
    ],
    ids=[
        *("plain", "disabled", "begins now", "too early", "ends now", "too late"),
        *("this moment alone", "before it", "after it", "disabled within its window"),
    ],
)
def test_a_campaign_starts_within_its_window_where_it_is_enabled(
    fields: dict[str, Any], action: str, reason: str
) -> None:
    (planned,) = a_plan(a_campaign(**fields)).starts
    assert planned.action == action
    assert reason in planned.reason


def test_campaigns_come_in_the_order_of_the_manifests() -> None:
    campaigns = [
        a_campaign(name="d", list_id="1", file="a.yaml", line=2),
        a_campaign(name="c", list_id="2", file="a.yaml", line=10),
        a_campaign(name="b", list_id="3", file="b.yaml", line=1),
    ]
    for order in permutations(campaigns):
        assert [planned.campaign for planned in a_plan(*order).starts] == campaigns


def test_the_summary_counts_every_action() -> None:
    campaigns = (a_campaign(name="a"), a_campaign(name="b", enabled=False), a_campaign(name="c"))
    assert a_plan(*campaigns).summary == {Action.START: 2, Action.SKIP: 0, Action.HOLD: 1}
    assert make_plan([], an_environment(), NOW).summary == dict.fromkeys(Action, 0)


IDS = st.text("abc-1", min_size=1, max_size=6)
REQUESTS = st.builds(
    a_request,
    agent_id=IDS,
    list_id=IDS,
    number_pool_id=IDS,
    callback_url=st.none() | IDS.map("https://a.example/{}".format),
    email_completion_user_ids=st.lists(IDS, max_size=3).map(tuple),
)


@st.composite
def several_campaigns(draw: st.DrawFn) -> list[Campaign]:
    names = draw(st.lists(IDS, unique=True, max_size=5))
    return [
        a_campaign(
            name=name,
            file=draw(st.sampled_from(["a.yaml", "b.yaml"])),
            line=line,
            request=draw(REQUESTS),
            enabled=draw(st.booleans()),
        )
        for line, name in enumerate(names, start=1)
    ]


@given(several_campaigns(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_its_campaigns(
    campaigns: list[Campaign], random: Any
) -> None:
    shuffled = random.sample(campaigns, len(campaigns))
    plan, other = (make_plan(order, an_environment(), NOW) for order in (campaigns, shuffled))
    assert other == plan
    assert other.digest == plan.digest


@given(several_campaigns())
def test_the_digest_does_not_depend_on_where_a_manifest_stands(campaigns: list[Campaign]) -> None:
    moved = [replace(c, file="z.yaml", line=100 - c.line) for c in campaigns]
    plan, other = (make_plan(order, an_environment(), NOW) for order in (campaigns, moved))
    assert other.digest == plan.digest


@given(REQUESTS, REQUESTS)
def test_requests_have_one_digest_just_where_they_send_the_same(
    one: StartRequest, other: StartRequest
) -> None:
    digests = {a_plan(a_campaign(request=request)).digest for request in (one, other)}
    assert (len(digests) == 1) == (one.body == other.body)


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("agent", {"agent_id": "x"}),
    ("list", {"list_id": "x"}),
    ("pool", {"number_pool_id": "x"}),
    ("callback", {"callback_url": "https://x.example"}),
    ("users", {"email_completion_user_ids": ("x",)}),
]


@pytest.mark.parametrize(
    "fields", [fields for _, fields in OTHERS], ids=[name for name, _ in OTHERS]
)
def test_any_change_of_a_sent_field_changes_the_digest(fields: dict[str, Any]) -> None:
    assert a_plan(a_campaign(request=a_request(**fields))).digest != a_plan().digest


def test_the_order_of_the_users_is_sent_and_counts() -> None:
    one, other = (
        a_campaign(request=a_request(email_completion_user_ids=users))
        for users in (("a", "b"), ("b", "a"))
    )
    assert a_plan(one).digest != a_plan(other).digest


@pytest.mark.parametrize(
    "campaign", [a_campaign(name="x"), a_campaign(enabled=False)], ids=["name", "action"]
)
def test_a_change_of_name_or_action_changes_the_digest(campaign: Campaign) -> None:
    assert a_plan(campaign).digest != a_plan().digest


@pytest.mark.parametrize("fields", [{"name": "x"}, {"base_url": "https://x.example"}], ids=str)
def test_a_change_of_environment_changes_the_digest(fields: dict[str, Any]) -> None:
    assert a_plan(environment=an_environment(**fields)).digest != a_plan().digest


def test_another_campaign_changes_the_digest() -> None:
    assert a_plan(a_campaign(), a_campaign(name="x", list_id="x")).digest != a_plan().digest


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": {"team": "growth"}},
        {"window": Window(not_before=NOW)},
        {"request": a_request(private=True)},
    ],
    ids=["labels", "open window", "private"],
)
def test_what_is_not_sent_and_changes_no_action_leaves_the_digest_as_it_is(
    fields: dict[str, Any],
) -> None:
    assert a_plan(a_campaign(**fields)).digest == a_plan().digest


@given(st.datetimes(timezones=st.just(NOW.tzinfo)))
def test_the_moment_counts_only_where_it_changes_an_action(moment: datetime) -> None:
    campaign = a_campaign(window=Window(NOW, NOW + SECOND))
    plan = make_plan([campaign], an_environment(), moment)
    held = a_plan(a_campaign(enabled=False))
    within = NOW <= moment <= NOW + SECOND
    assert plan.digest == (a_plan() if within else held).digest


def test_the_digest_of_a_known_plan_never_changes() -> None:
    # Reviewed plans are compared with it: a change here makes every one of them stale.
    assert a_plan().digest == (
        "sha256:bef9a4329768718c73646f96ce25a47842bd13f113513bffdf21056dd172352d"
    )
