"""A plan that is held to a reviewed one starts what was reviewed, and names what moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from build import NOW, a_campaign, a_request, an_environment
from hypothesis import given
from hypothesis import strategies as st
from plans import an_entry, planned, saved, some_campaigns, some_entries, some_views

from ringg_runner.api.server_list import Listing, Row, Unreadable
from ringg_runner.campaigns import Campaign, ListId, Window
from ringg_runner.ledger.records import Entry, State
from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.report import documents
from ringg_runner.reviewed import hold_to, insist

LIST = ListId("list-1")
PRIVATE = "https://hooks.example.com/s3cret"


def listing(word: str | None = "draft", people: int | None = None) -> Listing:
    return Listing({LIST: Row(LIST, word, people=people)})


def known(state: State = State.UNRESOLVED, **fields: Any) -> dict[ListId, Entry]:
    return {LIST: an_entry("list-1", state, **fields)}


def the_start(now: Plan, reviewed: Plan, **how: bool) -> tuple[Action, str]:
    (start,) = hold_to(now, saved(reviewed).plan, **how).starts
    return start.action, start.reason


FIELDS: list[tuple[str, Campaign, Campaign, str]] = [
    (
        "pool",
        a_campaign(request=a_request(number_pool_id="pool-2")),
        a_campaign(),
        "number_pool_id is pool-2, and was pool-1 in the reviewed plan",
    ),
    (
        "agent",
        a_campaign(request=a_request(agent_id="agent-2")),
        a_campaign(),
        "agent_id is agent-2, and was agent-1 in the reviewed plan",
    ),
    (
        "list",
        a_campaign(list_id="list-2"),
        a_campaign(),
        "list_id is list-2, and was list-1 in the reviewed plan",
    ),
    (
        "name",
        a_campaign(name="holi-renewals"),
        a_campaign(),
        "name is holi-renewals, and was diwali-renewals in the reviewed plan",
    ),
    (
        "emails",
        a_campaign(request=a_request(email_completion_user_ids=("u-1", "u-2"))),
        a_campaign(),
        "email_completion_user_ids is u-1, u-2, and was not set in the reviewed plan",
    ),
    (
        "callback",
        a_campaign(),
        a_campaign(request=a_request(callback_url="https://hooks.example.com/a")),
        "callback_url is not set, and was https://hooks.example.com/a in the reviewed plan",
    ),
    (
        "private callback",
        a_campaign(request=a_request(callback_url=f"{PRIVATE}2", private=True)),
        a_campaign(request=a_request(callback_url=PRIVATE, private=True)),
        "callback_url is another than in the reviewed plan",
    ),
    (
        "callback that was private",
        a_campaign(request=a_request(callback_url=PRIVATE)),
        a_campaign(request=a_request(callback_url=PRIVATE, private=True)),
        "callback_url is another than in the reviewed plan",
    ),
    (
        "private callback that is gone",
        a_campaign(),
        a_campaign(request=a_request(callback_url=PRIVATE, private=True)),
        "callback_url is another than in the reviewed plan",
    ),
    (
        "line",
        a_campaign(line=9),
        a_campaign(),
        "its place is campaigns/a.yaml:9, and was campaigns/a.yaml:1 in the reviewed plan",
    ),
    (
        "held then",
        a_campaign(),
        a_campaign(enabled=False),
        "the reviewed plan holds it: enabled: false",
    ),
    (
        "held now",
        a_campaign(enabled=False),
        a_campaign(),
        "enabled: false; the reviewed plan starts it",
    ),
    ("held both times", a_campaign(enabled=False), a_campaign(enabled=False), "enabled: false"),
    (
        "held for another reason",
        a_campaign(window=Window(not_before=NOW + timedelta(hours=1))),
        a_campaign(enabled=False),
        "not before 2026-12-01T05:00:00Z",
    ),
    (
        "two at once",
        a_campaign(name="b", request=a_request(number_pool_id="pool-2")),
        a_campaign(),
        "name is b, and was diwali-renewals in the reviewed plan; "
        "number_pool_id is pool-2, and was pool-1 in the reviewed plan",
    ),
]


@pytest.mark.parametrize(
    ("now", "reviewed", "reason"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS]
)
def test_what_moved_in_a_manifest_is_held_by_its_name(
    now: Campaign, reviewed: Campaign, reason: str
) -> None:
    assert the_start(planned(now), planned(reviewed)) == (Action.HOLD, reason)


@pytest.mark.parametrize(
    "campaign",
    [
        a_campaign(),
        a_campaign(request=a_request(callback_url=PRIVATE, private=True)),
        a_campaign(request=a_request(callback_url="https://hooks.example.com/+919812345678")),
    ],
    ids=["plain", "private", "phone number"],
)
def test_what_did_not_move_starts_with_its_own_request(campaign: Campaign) -> None:
    now = planned(campaign)
    (start,) = hold_to(now, saved(now).plan).starts
    assert (start.action, start.campaign) == (Action.START, campaign)


def test_a_file_that_changed_holds_all_that_is_in_it() -> None:
    was = planned(a_campaign(), a_campaign(name="b", list_id="list-2", line=9))
    now = replace(was, manifests={"campaigns/a.yaml": "sha256:other"})
    held = hold_to(now, saved(was).plan).starts
    assert {(start.action, start.reason) for start in held} == {
        (Action.HOLD, "campaigns/a.yaml changed since the plan was made")
    }


def test_a_campaign_that_moved_to_another_file_is_held() -> None:
    moved = a_campaign(file="campaigns/b.yaml")
    other = a_campaign(name="b", list_id="list-2", file="campaigns/b.yaml", line=9)
    was, now = planned(a_campaign(), other), planned(moved, other)
    first, second = hold_to(now, saved(was).plan).starts
    assert first.reason == (
        "its place is campaigns/b.yaml:1, and was campaigns/a.yaml:1 in the reviewed plan"
    )
    assert second.action is Action.START


def test_a_campaign_that_has_gone_is_held_and_nothing_is_said_of_how_it_stands() -> None:
    was = planned(a_campaign(), known=known(), view=listing())
    now = planned(known={}, view=Listing())
    (gone,) = hold_to(now, saved(was).plan).starts
    assert (gone.action, gone.reason) == (Action.HOLD, "no longer in campaigns/a.yaml")
    assert (gone.entry, gone.row) == (None, None)


def test_a_new_campaign_in_a_changed_file_is_held_and_one_that_was_left_out_is_left_out() -> None:
    both = planned(a_campaign(), a_campaign(name="b", list_id="list-2", line=9))
    was = replace(planned(a_campaign()), manifests=both.manifests)
    assert [start.campaign.name for start in hold_to(both, saved(was).plan).starts] == [
        "diwali-renewals"
    ]
    changed = replace(was, manifests={"campaigns/a.yaml": f"sha256:{'0' * 64}"})
    assert [start.reason for start in hold_to(both, saved(changed).plan).starts] == [
        "campaigns/a.yaml changed since the plan was made",
        "not in the reviewed plan",
    ]


def test_two_campaigns_that_swapped_their_lists_are_both_held() -> None:
    def campaigns(first: str, second: str) -> tuple[Campaign, Campaign]:
        return a_campaign(name="a", list_id=first), a_campaign(name="b", list_id=second, line=9)

    now, was = planned(*campaigns("list-2", "list-1")), planned(*campaigns("list-1", "list-2"))
    held = hold_to(now, saved(was).plan).starts
    assert [start.action for start in held] == [Action.HOLD, Action.HOLD]
    assert held[0].reason.endswith("; name is a, and was b in the reviewed plan")


def test_what_was_started_meanwhile_is_skipped_as_the_new_plan_says() -> None:
    now = planned(a_campaign(), known=known(State.STARTED))
    action, reason = the_start(now, planned(a_campaign(), known={}))
    assert (action, reason) == (Action.SKIP, now.starts[0].reason)


@pytest.mark.parametrize("name", ["production", "https://api.example.com/v0"])
def test_another_environment_or_api_holds_everything(name: str) -> None:
    there = an_environment(name="staging", base_url="https://other.example.com")
    now, was = planned(a_campaign()), replace(planned(a_campaign()), environment=there)
    action, reason = the_start(now, was)
    assert action is Action.HOLD
    assert f"is {name}, and was" in reason


STATES: list[tuple[str, Plan, Plan, str]] = [
    (
        "ledger: new",
        planned(a_campaign(), known=known()),
        planned(a_campaign(), known={}),
        "the ledger says unresolved since 2026-12-01T03:00:00Z, and said nothing when the plan was"
        " made",
    ),
    (
        "ledger: gone",
        planned(a_campaign(), known={}),
        planned(a_campaign(), known=known(State.NOT_STARTED)),
        "the ledger says nothing, and said not started since 2026-12-01T03:00:00Z when the plan was"
        " made",
    ),
    (
        "ledger: again",
        planned(a_campaign(), known=known(changed_at=NOW)),
        planned(a_campaign(), known=known()),
        "the ledger says unresolved since 2026-12-01T04:00:00Z, and said unresolved since "
        "2026-12-01T03:00:00Z when the plan was made",
    ),
    (
        "ledger: not read now",
        planned(a_campaign()),
        planned(a_campaign(), known={}),
        "the ledger is not read here, and was for the reviewed plan",
    ),
    (
        "ledger: started then",
        planned(a_campaign(), known={}),
        planned(a_campaign(), known=known(State.STARTED)),
        "the reviewed plan skips it: started 2026-12-01T03:00:00Z by run",
    ),
    (
        "ledger: being started",
        planned(a_campaign(), known=known(State.CLAIMED)),
        planned(a_campaign(), known={}),
        "being started by run",
    ),
    (
        "list: another word",
        planned(a_campaign(), view=listing("pending")),
        planned(a_campaign(), view=listing()),
        "the server's list says “pending”, and said “draft” when the plan was made",
    ),
    (
        "list: no word",
        planned(a_campaign(), view=listing(None)),
        planned(a_campaign(), view=listing()),
        "the server's list says no campaign, and said “draft” when the plan was made",
    ),
    (
        "list: other people",
        planned(a_campaign(), view=listing(people=5_000)),
        planned(a_campaign(), view=listing(people=98)),
        "the server's list says “draft” with 5,000 people, and said “draft” with 98 people when the"
        " plan was made",
    ),
    (
        "list: gone",
        planned(a_campaign(), view=Listing()),
        planned(a_campaign(), view=listing()),
        "the server's list says nothing, and said “draft” when the plan was made",
    ),
    (
        "list: not read now",
        planned(a_campaign(), view=Unreadable("HTTP 500")),
        planned(a_campaign(), view=listing()),
        "the server's list is not read here, and was for the reviewed plan",
    ),
    (
        "list: ended",
        planned(a_campaign(), view=listing("failed")),
        planned(a_campaign(), view=listing()),
        "the server's list says failed: only a person knows whether to try again, with a new list; "
        "the reviewed plan starts it",
    ),
]


@pytest.mark.parametrize(
    ("now", "reviewed", "reason"), [case[1:] for case in STATES], ids=[case[0] for case in STATES]
)
def test_a_state_that_moved_is_held_by_what_it_was_and_is(
    now: Plan, reviewed: Plan, reason: str
) -> None:
    action, told = the_start(now, reviewed)
    assert action is Action.HOLD
    assert told.startswith(reason)


@pytest.mark.parametrize(
    "now",
    [
        planned(a_campaign(), known=known()),
        planned(a_campaign(), view=listing("pending", 7)),
        planned(a_campaign(), known=known(State.NOT_STARTED), view=listing()),
    ],
    ids=["ledger", "list", "both"],
)
def test_a_state_that_the_reviewed_plan_did_not_see_holds_nothing(now: Plan) -> None:
    assert the_start(now, planned(a_campaign()))[0] is Action.START


@pytest.mark.parametrize("word", ["draft ", " Draft\n", "draft\x1b"])
def test_a_word_that_a_file_keeps_otherwise_is_the_same_word(word: str) -> None:
    now = planned(a_campaign(), view=listing(word))
    assert hold_to(now, saved(now).plan) == now


def test_a_file_of_which_the_reviewed_plan_knows_nothing_has_changed() -> None:
    now = replace(planned(a_campaign()), manifests={})
    assert the_start(now, now) == (
        Action.HOLD,
        "campaigns/a.yaml changed since the plan was made",
    )


def test_before_the_list_is_asked_for_nothing_is_made_of_what_it_does_not_say() -> None:
    now, was = planned(a_campaign(), known={}), planned(a_campaign(), known={}, view=listing())
    assert the_start(now, was, looked=False)[0] is Action.START
    assert the_start(now, was)[0] is Action.HOLD


# The model: a start is a start in both, and the documents of both say the same of it.


def told_of(plan: Plan, start: PlannedStart, reviewed: Plan) -> dict[str, Any]:
    """All that a file keeps of a campaign, as far as the reviewed plan looked."""
    alone = replace(plan, starts=(start,))
    (document,) = documents.of_plan(saved(alone).plan)["campaigns"]
    del document["reason"]
    if not reviewed.ledger_read:
        del document["ledger"]
    if not reviewed.list_read:
        del document["server"], document["people"]
    return {
        **document,
        "environment": plan.environment.name,
        "manifest": plan.manifests.get(start.campaign.file),
        "ledger_read": reviewed.ledger_read <= plan.ledger_read,
        "list_read": reviewed.list_read <= plan.list_read,
    }


def may_start(now: Plan, start: PlannedStart, reviewed: Plan) -> bool:
    def as_reviewed(was: PlannedStart) -> bool:
        here, there = told_of(now, start, reviewed), told_of(reviewed, was, reviewed)
        return here == there and was.action is Action.START

    return start.action is Action.START and any(map(as_reviewed, reviewed.starts))


@st.composite
def two_plans(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """Two plans that have much in common."""
    words = st.sampled_from(["draft", "pending", "running"])
    campaigns = draw(some_campaigns())
    entries, view = draw(st.none() | some_entries(words)), draw(st.none() | some_views(words))
    was = planned(*campaigns, known=entries, view=view)
    others = draw(some_campaigns())
    mixed = [
        draw(st.sampled_from([campaign, campaign, campaign, other]))
        for campaign, other in zip(campaigns, others, strict=False)
    ]
    mixed += campaigns[len(mixed) :] if draw(st.booleans()) else others[len(mixed) :]
    if draw(st.integers(0, 3)) == 0:
        lists = draw(st.permutations([campaign.list_id for campaign in mixed]))
        mixed = [
            replace(campaign, request=replace(campaign.request, list_id=list_id))
            for campaign, list_id in zip(mixed, lists, strict=True)
        ]
    if draw(st.booleans()):
        entries = draw(st.none() | some_entries(words))
    if draw(st.booleans()):
        view = draw(st.none() | some_views(words))
    now = planned(*mixed, known=entries, view=view)
    changed = draw(st.sets(st.sampled_from(["campaigns/a.yaml", "campaigns/b.yaml"]), max_size=1))
    digests = {file: f"{d}x" if file in changed else d for file, d in now.manifests.items()}
    there = draw(st.sampled_from([now.environment] * 4 + [an_environment(name="staging")]))
    return replace(now, manifests=digests, environment=there), was


@given(two_plans())
def test_a_start_is_one_in_both_plans_with_nothing_moved_and_nothing_else_is(
    plans: tuple[Plan, Plan],
) -> None:
    now, was = plans
    held = hold_to(now, saved(was).plan)
    started = [start for start in held.starts if start.action is Action.START]
    assert started == [start for start in now.starts if may_start(now, start, was)]
    reviewed = {start.campaign.list_id: start.campaign.request.kept_body for start in was.starts}
    for start in started:
        assert reviewed[start.campaign.list_id] == start.campaign.request.kept_body


@given(two_plans())
def test_every_campaign_that_was_reviewed_is_told_of_once_in_the_order_of_the_manifests(
    plans: tuple[Plan, Plan],
) -> None:
    now, was = plans
    held = hold_to(now, saved(was).plan).starts
    lists = [start.campaign.list_id for start in held]
    assert len(set(lists)) == len(lists)
    names = {start.campaign.name for start in held}
    assert all(s.campaign.list_id in lists or s.campaign.name in names for s in was.starts)
    places = [(start.campaign.file, start.campaign.line) for start in held]
    assert places == sorted(places)
    assert all(start.reason for start in held if start.action is Action.HOLD)
    skipped = [start for start in held if start.action is Action.SKIP]
    assert all(start in now.starts for start in skipped)


@given(two_plans())
def test_holding_a_plan_twice_is_holding_it_once(plans: tuple[Plan, Plan]) -> None:
    now, was = plans
    reviewed = saved(was).plan
    held = hold_to(now, reviewed)
    assert [s.action for s in hold_to(held, reviewed).starts] == [s.action for s in held.starts]


@pytest.mark.parametrize(
    "reviewed",
    [
        planned(a_campaign(request=a_request(number_pool_id="pool-2"))),
        planned(a_campaign(name="b")),
        planned(a_campaign(enabled=False)),
        planned(),
        replace(planned(a_campaign()), environment=an_environment(name="staging")),
        planned(a_campaign(), known={}),
        planned(a_campaign(), view=Listing()),
    ],
    ids=["request", "name", "action", "nothing", "environment", "ledger", "list"],
)
def test_a_start_that_was_not_reviewed_is_a_bug_however_it_came_about(reviewed: Plan) -> None:
    with pytest.raises(AssertionError, match="diwali-renewals would start, and was not reviewed"):
        insist(planned(a_campaign()), reviewed)
