"""Plans of every kind, and what a saved one is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from build import NOW, a_campaign, a_request, an_environment
from hypothesis import strategies as st

from ringg_runner.api.server_list import Listing, Row, Unreadable, View
from ringg_runner.campaigns import Campaign, ListId, digest_of
from ringg_runner.guards import Guard, GuardCheck
from ringg_runner.ledger.records import Entry, Key, RunInfo, State
from ringg_runner.planner import Plan, make_plan
from ringg_runner.redaction import Redactor
from ringg_runner.reviewed import SavedPlan
from ringg_runner.saved import sealing

RUN = RunInfo("830f767a-397e-4b39-82ff-235cd344e2f9", "ci-1", "ann", "0.1.0")
SECRET_URL = "https://hooks.example.com/s3cret"


def an_entry(list_id: str, state: State = State.STARTED, **fields: Any) -> Entry:
    """What the ledger holds of a list, since an hour."""
    request = a_request(list_id=list_id)
    key = Key(request.base_url, ListId(list_id))
    since, lease = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)
    valid = Entry(key, state, "c", RUN, request.kept_body, "answer", "so", since, lease)
    return replace(valid, **fields)


def with_manifests(plan: Plan) -> Plan:
    """The plan with a digest for each of its files."""
    files = sorted({planned.campaign.file for planned in plan.starts})
    return replace(plan, manifests={file: digest_of(ascii(file)) for file in files})


def planned(
    *campaigns: Campaign,
    known: dict[ListId, Entry] | None = None,
    view: View | None = None,
    now: datetime = NOW,
) -> Plan:
    """The plan for these campaigns, with the digests of their files."""
    return with_manifests(make_plan(campaigns, an_environment(), now, known, view))


def saved(plan: Plan, *secrets: str) -> SavedPlan:
    """A plan as it is saved at the moment `NOW`."""
    return sealing.seal(plan, NOW, "0.1.0", Redactor.of(*secrets))


def a_full_plan() -> Plan:
    """A plan with everything in it that a plan can have."""
    emails = ("user-1", "user-2")
    requests = {
        "a": a_request(list_id="list-a", callback_url=SECRET_URL, private=True),
        "b": a_request(list_id="list-b", email_completion_user_ids=emails),
        "c": a_request(list_id="list-c", callback_url="https://hooks.example.com/c"),
        "d": a_request(list_id="list-d"),
        "e": a_request(list_id="list-e"),
    }
    campaigns = [
        a_campaign(name=name, file=f"campaigns/{name}.yaml", request=request, enabled=name != "d")
        for name, request in requests.items()
    ]
    known = {
        ListId("list-b"): an_entry("list-b", State.UNRESOLVED),
        ListId("list-c"): an_entry("list-c"),
    }
    rows = [Row(ListId("list-a"), "draft", people=98), Row(ListId("list-e"), "completed")]
    view = Listing({row.list_id: row for row in rows})
    guards = (
        GuardCheck(Guard.MAX_STARTS, True, "20 may start", "2 to start", "ringg-runner.yaml"),
        GuardCheck(Guard.HOLD, False, "none", "HOLD: wait", "HOLD", overridden="we know"),
    )
    return replace(planned(*campaigns, known=known, view=view), guards=guards)


WORDS = st.sampled_from(["draft", "pending", "running", "completed", "failed", "asleep"])
IDS = st.sampled_from(["id-1", "id-2", "830f767a-397e-4b39-82ff-235cd344e2f9"])
URLS = st.sampled_from(
    ["https://hooks.example.com/a", "https://hooks.example.com/call/+919812345678", SECRET_URL]
)


@st.composite
def some_campaigns(draw: st.DrawFn) -> list[Campaign]:
    """A few campaigns, some of them in one file, no two with one name or one list."""
    count = draw(st.integers(0, 5))
    return [
        a_campaign(
            name=f"c{number}",
            file=draw(st.sampled_from(["campaigns/a.yaml", "campaigns/b.yaml"])),
            line=number * 10 + 1,
            enabled=draw(st.integers(0, 4)) > 0,
            request=a_request(
                agent_id=draw(IDS),
                list_id=ListId(f"list-{number}"),
                number_pool_id=draw(IDS),
                callback_url=draw(st.none() | URLS),
                private=draw(st.booleans()),
                email_completion_user_ids=tuple(draw(st.lists(IDS, max_size=2))),
            ),
        )
        for number in range(count)
    ]


@st.composite
def some_entries(draw: st.DrawFn, reasons: st.SearchStrategy[str]) -> dict[ListId, Entry]:
    """What the ledger knows of some of these lists."""
    lists = draw(st.sets(st.integers(0, 5)))
    return {
        ListId(f"list-{number}"): an_entry(
            f"list-{number}",
            draw(st.sampled_from(State)),
            reason=draw(reasons),
            evidence=draw(st.sampled_from(["answer", "words", "person"])),
            changed_at=NOW - timedelta(seconds=draw(st.sampled_from([1, 1.5, 3600]))),
            lease_until=NOW + timedelta(seconds=draw(st.sampled_from([-1, 60]))),
        )
        for number in lists
    }


@st.composite
def some_views(draw: st.DrawFn, words: st.SearchStrategy[str]) -> View:
    """What the server's list shows of some of these lists, or why it shows nothing."""
    if draw(st.integers(0, 4)) == 0:
        return Unreadable(draw(words))
    rows = [
        Row(ListId(f"list-{n}"), draw(st.none() | words), people=draw(st.none() | st.integers(0)))
        for n in draw(st.sets(st.integers(0, 5)))
    ]
    return Listing({row.list_id: row for row in rows}, whole=draw(st.booleans()))


@st.composite
def some_plans(draw: st.DrawFn, texts: st.SearchStrategy[str] | None = None) -> Plan:
    """Any plan; what is not a manifest's own words is made of these texts."""
    said = WORDS if texts is None else texts
    plan = planned(
        *draw(some_campaigns()),
        known=draw(st.none() | some_entries(said)),
        view=draw(st.none() | some_views(WORDS if texts is None else WORDS | texts)),
    )
    check = st.builds(
        GuardCheck,
        st.sampled_from(Guard),
        st.sampled_from([True, False, None]),
        said,
        said,
        said,
        st.none() | said,
    )
    return replace(plan, guards=tuple(draw(st.lists(check, max_size=2))))
