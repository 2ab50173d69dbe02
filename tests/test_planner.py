"""A plan: an action for each campaign, in order, and a digest over all that would be sent."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from build import NOW, a_campaign, a_plan, a_request, an_environment
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.server_list import Listing, Row, Unreadable, View
from ringg_runner.campaigns import Campaign, ListId, StartRequest, Window
from ringg_runner.ledger.records import Entry, Key, RunInfo, State
from ringg_runner.planner import Action, PlannedStart, make_plan

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


LIST = ListId("list-1")
RUN = RunInfo("run-0", "host", "user", "0.0.0", job_url="https://ci.example.com/7")
SENT = a_request().kept_body


def an_entry(state: State, **fields: Any) -> Entry:
    key = Key(a_request().base_url, LIST)
    evidence = "answer" if state is State.STARTED else None
    valid = Entry(key, state, "diwali-renewals", RUN, SENT, evidence, "it said so", NOW)
    return replace(valid, **fields)


def known_as(entry: Entry, campaign: Campaign | None = None) -> PlannedStart:
    plan = make_plan([campaign or a_campaign()], an_environment(), NOW, {LIST: entry})
    return plan.starts[0]


STARTED_BY = "started 2026-12-01T04:00:00Z by run run-0 (https://ci.example.com/7)"
OPEN = "run run-0 (https://ci.example.com/7) left it open: it is settled before anything is sent"
LEFT_OPEN = [
    ("unresolved", State.UNRESOLVED, None),
    ("claimed, its lease over", State.CLAIMED, NOW - SECOND),
    ("claimed, its lease just over", State.CLAIMED, NOW),
    ("claimed without a lease", State.CLAIMED, None),
]


def test_what_the_ledger_calls_started_is_skipped_with_the_run_that_did_it() -> None:
    planned = known_as(an_entry(State.STARTED))
    assert (planned.action, planned.evidence) == ("skip", "ledger")
    assert planned.reason == STARTED_BY


@pytest.mark.parametrize("evidence", ["words", "server_list", "ledger"])
def test_a_start_that_its_run_only_found_says_what_was_found(evidence: str) -> None:
    planned = known_as(an_entry(State.STARTED, evidence=evidence))
    assert (planned.action, planned.evidence) == ("skip", "ledger")
    assert str(RUN) in planned.reason
    assert "found" in planned.reason
    assert "it said so" in planned.reason


def test_a_start_that_a_person_settled_is_known_from_that_person() -> None:
    planned = known_as(an_entry(State.STARTED, evidence="person"))
    assert (planned.action, planned.evidence) == ("skip", "person")
    assert str(RUN) in planned.reason
    assert "it said so" in planned.reason


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"agent_id": "x"}, "agent_id"),
        ({"number_pool_id": "x"}, "number_pool_id"),
        ({"callback_url": "https://x.example"}, "callback_url"),
        ({"agent_id": "x", "email_completion_user_ids": ("u",)}, "agent_id, email_completion"),
    ],
    ids=["agent", "pool", "a new field", "two"],
)
def test_a_skip_names_the_fields_that_changed_since(fields: dict[str, Any], named: str) -> None:
    planned = known_as(an_entry(State.STARTED), a_campaign(request=a_request(**fields)))
    assert planned.action == "skip"
    assert planned.reason.startswith(f"{STARTED_BY}; changed since, without effect: {named}")


def test_a_private_callback_is_compared_by_its_digest() -> None:
    request = a_request(callback_url="https://x.example/secret", private=True)
    same = an_entry(State.STARTED, request=request.kept_body)
    assert known_as(same, a_campaign(request=request)).reason == STARTED_BY
    other = replace(request, callback_url="https://x.example/other")
    assert "callback_url" in known_as(same, a_campaign(request=other)).reason


@pytest.mark.parametrize(
    ("state", "lease_until"),
    [case[1:] for case in LEFT_OPEN],
    ids=[case[0] for case in LEFT_OPEN],
)
def test_what_was_left_open_is_to_start_once_it_is_settled(
    state: State, lease_until: datetime | None
) -> None:
    planned = known_as(an_entry(state, lease_until=lease_until))
    assert (planned.action, planned.evidence, planned.reason) == ("start", None, OPEN)


def test_what_a_live_run_has_claimed_is_held() -> None:
    planned = known_as(an_entry(State.CLAIMED, lease_until=NOW + SECOND))
    assert (planned.action, planned.evidence) == ("hold", None)
    assert planned.reason.startswith("being started by run run-0 (https://ci.example.com/7); ")
    assert "its claim lives until 2026-12-01T04:00:01Z" in planned.reason


def test_what_did_not_start_is_to_start() -> None:
    planned = known_as(an_entry(State.NOT_STARTED))
    assert planned.action == "start"
    assert planned.reason == "the API will say if it already started"


def test_a_manifest_that_holds_goes_before_what_the_ledger_knows() -> None:
    planned = known_as(an_entry(State.STARTED), a_campaign(enabled=False))
    assert (planned.action, planned.reason) == ("hold", "enabled: false")


STANDINGS: list[tuple[str | None, str, str]] = [
    ("draft", "start", "not started yet: the server's list says draft"),
    ("verifying", "start", "not started yet: the server's list says verifying"),
    (
        "insufficient_balance",
        "start",
        "not started yet: the server's list says insufficient_balance",
    ),
    ("Pending", "start", "not started yet: the server's list says Pending"),
    (None, "start", "the server lists it as no campaign"),
    ("ongoing", "skip", "the server's list says ongoing"),
    ("scheduled", "skip", "the server's list says scheduled"),
    ("completed", "skip", "the server's list says completed"),
    ("terminated", "hold", "the server's list says terminated: only a person knows"),
    ("failed", "hold", "the server's list says failed: only a person knows"),
    ("no_valid_contacts", "hold", "the server's list says no_valid_contacts: only a person knows"),
    ("dormant", "hold", "the server's list says dormant, which is not known here"),
    ("{0.__class__}", "hold", "the server's list says {0.__class__}, which is not known here"),
    ("", "hold", "the server's list says , which is not known here"),
]


@pytest.mark.parametrize(
    ("word", "action", "reason"), STANDINGS, ids=[str(word) for word, *_ in STANDINGS]
)
def test_what_the_server_lists_has_the_action_of_its_word(
    word: str | None, action: str, reason: str
) -> None:
    view = Listing({LIST: Row(LIST, word)})
    (planned,) = make_plan([a_campaign()], an_environment(), NOW, {}, view).starts
    assert planned.action == action
    assert planned.reason.startswith(reason)
    assert planned.evidence == ("server_list" if action == "skip" else None)


@pytest.mark.parametrize("known", [None, {}], ids=["no ledger", "an empty ledger"])
@pytest.mark.parametrize("word", ["draft", "ongoing", "dormant"])
def test_who_is_called_is_counted_as_the_server_counts(
    known: dict[ListId, Entry] | None, word: str
) -> None:
    view = Listing({LIST: Row(LIST, word, people=12)})
    (planned,) = make_plan([a_campaign()], an_environment(), NOW, known, view).starts
    assert planned.people == 12


@pytest.mark.parametrize(("known", "told"), [(None, False), ({}, True)], ids=["none", "empty"])
def test_what_runs_at_the_server_and_is_not_in_the_ledger_is_told_as_such(
    known: dict[ListId, Entry] | None, told: bool
) -> None:
    view = Listing({LIST: Row(LIST, "ongoing")})
    (planned,) = make_plan([a_campaign()], an_environment(), NOW, known, view).starts
    assert ("not started by a run in this ledger" in planned.reason) == told


def test_what_the_server_does_not_list_is_to_start() -> None:
    (planned,) = make_plan([a_campaign()], an_environment(), NOW, {}, Listing()).starts
    assert (planned.action, planned.reason) == ("start", "not in the server's list")


@pytest.mark.parametrize("state", [State.STARTED, State.UNRESOLVED])
def test_the_ledger_goes_before_the_servers_list(state: State) -> None:
    view = Listing({LIST: Row(LIST, "terminated")})
    known = {LIST: an_entry(state)}
    (planned,) = make_plan([a_campaign()], an_environment(), NOW, known, view).starts
    assert planned.reason == (STARTED_BY if state is State.STARTED else OPEN)


IDS_EXIST = "agent id, list id, pool id: whether they exist; the API says so when asked to start"
THE_LEDGER = "the ledger: what was started before"
THE_LIST = "the server's list of campaigns: what has started already"


@pytest.mark.parametrize(
    ("known", "view", "not_checked"),
    [
        (None, None, [THE_LEDGER, THE_LIST]),
        ({}, None, [THE_LIST]),
        ({}, Listing(), []),
        (None, Listing(), [THE_LEDGER]),
        ({}, Unreadable("HTTP 404"), ["the server's list of campaigns: HTTP 404"]),
        (
            {},
            Listing(whole=False),
            ["all of the server's list of campaigns: it moved while it was read"],
        ),
    ],
    ids=["neither", "ledger", "both", "list", "unreadable", "moving"],
)
def test_a_plan_says_what_was_not_checked(
    known: dict[ListId, Entry] | None, view: View | None, not_checked: list[str]
) -> None:
    plan = make_plan([a_campaign()], an_environment(), NOW, known, view)
    assert plan.not_checked == (IDS_EXIST, *not_checked)


def test_what_was_not_to_start_when_it_was_approved_does_not_start_later() -> None:
    late, open_now = a_campaign(name="a", list_id="a"), a_campaign(name="b", list_id="b")
    late = replace(late, window=Window(not_before=NOW + timedelta(minutes=1)))
    approved = make_plan([late, open_now], an_environment(), NOW)
    later = make_plan([late, open_now], an_environment(), NOW + timedelta(minutes=2))
    narrowed = later.narrowed_to(approved)
    assert [planned.action for planned in later.starts] == [Action.START, Action.START]
    assert [planned.action for planned in narrowed.starts] == [Action.HOLD, Action.START]
    assert narrowed.starts[0].reason == "not a start in the plan that was approved"


def test_what_has_started_since_it_was_approved_is_skipped() -> None:
    campaign = a_campaign(list_id="a")
    view = Listing({campaign.list_id: Row(campaign.list_id, "ongoing")})
    now = make_plan([campaign], an_environment(), NOW, {}, view)
    narrowed = now.narrowed_to(make_plan([campaign], an_environment(), NOW))
    assert [planned.action for planned in narrowed.starts] == [Action.SKIP]
