"""Each campaign beside what the ledger knows and what the server's list shows."""

from __future__ import annotations

from typing import Any

import pytest
from build import BASE_URL, NOW, a_campaign, a_request
from runners import ME

from ringg_runner.api.server_list import Listing, Row, Unreadable, View
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Entry, Key, State
from ringg_runner.status import compare

ROW = Row(ListId("list-1"), "ongoing", people=12)
LISTING = Listing({ROW.list_id: ROW})


def an_entry(**request: Any) -> Entry:
    sent = a_request().kept_body | request
    key = Key(BASE_URL, ListId("list-1"))
    return Entry(key, State.STARTED, "diwali-renewals", ME, sent, "answer", "registered", NOW)


def test_a_campaign_stands_beside_its_entry_and_its_row() -> None:
    entry = an_entry()
    (status,) = compare([a_campaign()], {ListId("list-1"): entry}, LISTING)
    assert (status.campaign, status.entry, status.row) == (a_campaign(), entry, ROW)
    assert status.changed == ()


@pytest.mark.parametrize("known", [None, {}], ids=["no ledger", "an empty ledger"])
@pytest.mark.parametrize(
    "view", [None, Unreadable("HTTP 404"), Listing()], ids=["not read", "unreadable", "empty"]
)
def test_what_nobody_knows_stands_alone(
    known: dict[ListId, Entry] | None, view: View | None
) -> None:
    (status,) = compare([a_campaign()], known, view)
    assert (status.entry, status.row, status.changed) == (None, None, ())


def test_another_list_is_not_this_one() -> None:
    known = {ListId("list-1"): an_entry()}
    (status,) = compare([a_campaign(list_id="list-2")], known, LISTING)
    assert (status.entry, status.row) == (None, None)


@pytest.mark.parametrize(
    ("sent", "changed"),
    [
        ({}, ()),
        ({"agent_id": "x"}, ("agent_id",)),
        ({"agent_id": "x", "number_pool_id": "x"}, ("agent_id", "number_pool_id")),
        ({"callback_url": "https://x.example"}, ("callback_url",)),
    ],
    ids=["nothing", "one", "two", "one that is gone"],
)
def test_the_fields_that_changed_since_the_start_are_named(
    sent: dict[str, Any], changed: tuple[str, ...]
) -> None:
    (status,) = compare([a_campaign()], {ListId("list-1"): an_entry(**sent)}, None)
    assert status.changed == changed


def test_campaigns_come_in_the_order_of_the_manifests() -> None:
    campaigns = [
        a_campaign(name="b", file="b.yaml", line=1),
        a_campaign(name="c", file="a.yaml", line=10),
        a_campaign(name="a", file="a.yaml", line=2),
    ]
    names = [status.campaign.name for status in compare(campaigns, None, None)]
    assert names == ["a", "c", "b"]
