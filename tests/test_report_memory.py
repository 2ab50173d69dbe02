"""What the ledger holds, as text, as documents and as CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from build import BASE_URL, NOW, a_campaign, a_request, an_environment
from jsonschema import Draft7Validator
from runners import ANOTHER, ME

from ringg_runner.api.server_list import Listing, Row
from ringg_runner.authoring import schemas
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.records import Entry, Event, Key, State, TrailRow
from ringg_runner.report import memory
from ringg_runner.status import CampaignStatus, compare
from ringg_runner.waiting import End, Seen, Waited, Waiting

KEY = Key(BASE_URL, ListId("list-1"))
HOSTILE = "red \x1b[31m\nnew line\u202e"
ENTRY = Entry(
    KEY, State.STARTED, "diwali-renewals", ME, a_request().body, "answer", "registered", NOW
)
CLAIMED = replace(ENTRY, state=State.CLAIMED, evidence=None, lease_until=NOW + timedelta(minutes=2))
ROWS = [
    TrailRow(1, NOW, KEY, Event.CLAIMED, ME, {"name": "diwali-renewals"}, "", "aa"),
    TrailRow(2, NOW, KEY, Event.STARTED, ANOTHER, {"reason": HOSTILE, "a,b": '"x"'}, "aa", "bb"),
]


def valid(name: str, document: dict[str, Any]) -> dict[str, Any]:
    Draft7Validator(schemas.load(name)).validate(document)
    return document


def test_entries_are_a_table_with_their_count() -> None:
    head, row, last = memory.of_entries([ENTRY])
    assert head.split() == ["STATE", "NAME", "LIST", "SINCE", "RUN", "WHY"]
    assert row.split() == [
        *("started", "diwali-renewals", "list-1"),
        *("2026-12-01T04:00:00Z", "run-1", "registered"),
    ]
    assert last == "1 in the ledger"


def test_no_entries_are_a_head_and_a_count() -> None:
    head, last = memory.of_entries([])
    assert head.startswith("STATE  NAME")
    assert last == "0 in the ledger"


def test_a_trail_names_the_list_its_standing_and_what_happened() -> None:
    lines = list(memory.of_trail(ENTRY, ROWS))
    assert lines[:4] == [
        f"list-1 (diwali-renewals) at {BASE_URL}",
        "started since 2026-12-01T04:00:00Z by run run-1 (user@host)",
        "why: registered",
        "",
    ]
    assert [line.split()[2] for line in lines[4:]] == ["EVENT", "claimed", "started"]
    assert len(lines) == 7


def test_foreign_text_stays_on_its_line_and_commands_no_terminal() -> None:
    run = replace(ME, user=HOSTILE)
    hostile = replace(ENTRY, name=HOSTILE, reason=HOSTILE, run=run)
    campaign = a_campaign(file=HOSTILE)
    status = CampaignStatus(campaign, hostile, Row(KEY.list_id, HOSTILE), ())
    lines = [
        *memory.of_entries([hostile]),
        *memory.of_trail(hostile, ROWS),
        *memory.of_statuses([status]),
    ]
    assert len(lines) == 3 + 7 + 2
    assert all(line.isprintable() for line in lines)
    assert "\u202e" not in "".join(lines)


@pytest.mark.parametrize(
    ("entry", "row", "changed", "cells"),
    [
        (None, None, (), ["-", "-", "-", "-", "campaigns/a.yaml:1"]),
        (
            ENTRY,
            None,
            ("agent_id", "callback_url"),
            [
                *("started", "2026-12-01T04:00:00Z", "-", "-", "campaigns/a.yaml:1"),
                *("changed", "since:", "agent_id,", "callback_url"),
            ],
        ),
        (None, Row(KEY.list_id, "ongoing", people=0), (), ["-", "-", "ongoing", "0"]),
        (None, Row(KEY.list_id, "ongoing"), (), ["-", "-", "ongoing", "-"]),
        (None, Row(KEY.list_id, None, people=7), (), ["-", "-", "no", "campaign", "7"]),
        (CLAIMED, Row(KEY.list_id, "x", people=7), (), ["claimed", "2026-12-01T04:00:00Z", "x"]),
    ],
    ids=["nothing", "changed", "nobody to call", "unknown number", "no campaign", "both"],
)
def test_a_standing_is_one_row(
    entry: Entry | None, row: Row | None, changed: tuple[str, ...], cells: list[str]
) -> None:
    head, line = memory.of_statuses([CampaignStatus(a_campaign(), entry, row, changed)])
    assert head.split() == ["NAME", "LIST", "LEDGER", "SINCE", "SERVER", "PEOPLE", "WHERE", "NOTE"]
    assert line.split()[: 2 + len(cells)] == ["diwali-renewals", "list-1", *cells]


@pytest.mark.parametrize("entry", [ENTRY, CLAIMED], ids=["started", "claimed"])
def test_an_entry_is_whole_in_its_document(entry: Entry) -> None:
    document = valid("ledger", memory.entries_document(an_environment(), [entry]))
    assert "trail" not in document
    (shown,) = document["entries"]
    until = "2026-12-01T04:02:00Z" if entry is CLAIMED else None
    assert (shown["state"], shown["lease_until"]) == (entry.state, until)
    assert shown["request"] == a_request().body
    assert shown["run"]["run_id"] == "run-1"


def test_an_export_holds_the_trail_with_its_hashes() -> None:
    document = valid("ledger", memory.export_document(an_environment(), [ENTRY], ROWS))
    first, second = document["trail"]
    assert (first["hash"], second["previous"]) == ("aa", "aa")
    assert second["detail"]["reason"] == HOSTILE
    assert second["run"]["job_url"] == "https://ci.example.com/7"


@pytest.mark.parametrize("entry", [None, ENTRY, CLAIMED], ids=["none", "started", "claimed"])
@pytest.mark.parametrize(
    ("row", "server"),
    [
        (None, None),
        (Row(KEY.list_id, "ongoing", people=7), {"status": "ongoing", "people": 7}),
        (Row(KEY.list_id, None), {"status": None, "people": None}),
    ],
    ids=["absent", "ongoing", "no campaign"],
)
def test_a_standing_is_whole_in_its_document(
    entry: Entry | None, row: Row | None, server: dict[str, Any] | None
) -> None:
    status = CampaignStatus(a_campaign(), entry, row, ("agent_id",))
    document = valid("status", memory.status_document(an_environment(), [status]))
    (shown,) = document["campaigns"]
    assert (shown["over"], document["waited"]) == (None, None)
    assert (shown["file"], shown["line"], shown["list_id"]) == ("campaigns/a.yaml", 1, "list-1")
    assert (shown["ledger"] is None, shown["server"]) == (entry is None, server)
    assert shown["changed"] == ["agent_id"]


WATCHED = (
    Seen(a_campaign()),
    Seen(a_campaign(name="b", list_id="list-2")),
    Seen(a_campaign(name="c", list_id="list-3"), awaited=False),
)


def test_what_was_waited_for_has_an_answer_of_its_own() -> None:
    listing = Listing({KEY.list_id: Row(KEY.list_id, "completed", people=7)})
    waited = Waited(Waiting(WATCHED).after(listing, NOW), End.LIMIT, 60, 60)
    statuses = compare([seen.campaign for seen in WATCHED], {}, waited.waiting.listing)
    head, *rows, _, why, summary = memory.of_statuses(statuses, waited=waited)
    assert head.split()[5:8] == ["PEOPLE", "OVER", "WHERE"]
    assert [row.split()[4:7] for row in rows] == [
        ["completed", "7", "yes"],
        ["-", "-", "no"],
        ["-", "-", "-"],
    ]
    assert why == "Not all are over, and the time limit of 0:01:00 has passed."
    assert summary == "1 completed, 1 not known to be over"
    document = valid("status", memory.status_document(an_environment(), statuses, waited=waited))
    assert [campaign["over"] for campaign in document["campaigns"]] == [True, False, None]
    assert document["waited"]["end"] == "limit"
    assert document["waited"]["counts"]["unknown"] == 1


def test_csv_has_a_row_for_each_event_and_its_detail_as_json() -> None:
    text = memory.trail_csv(ROWS)
    assert not text.endswith("\n")
    first, second = csv.DictReader(io.StringIO(text))
    assert tuple(first) == memory.TRAIL_COLUMNS
    assert (first["number"], first["event"], first["run_id"]) == ("1", "claimed", "run-1")
    assert json.loads(second["detail"]) == {"reason": HOSTILE, "a,b": '"x"'}


def test_csv_of_nothing_is_its_head() -> None:
    assert memory.trail_csv([]) == "number,at,base_url,list_id,event,run_id,detail,hash"
