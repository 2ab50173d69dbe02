"""Guards: what each lets pass, and how it refuses; the file HOLD; the hours of a zone."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from build import NOW, a_campaign, a_plan, an_environment
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner import circumstances
from ringg_runner.api.answers import Answer, NotSent, Reply
from ringg_runner.api.server_list import Listing, Row, Unreadable, View
from ringg_runner.api.workspace import KeyHolder, NotKnown, Workspace, key_holder
from ringg_runner.campaigns import ListId
from ringg_runner.errors import KeyRefusedError
from ringg_runner.guards import (
    DAYS,
    SETTINGS,
    Circumstances,
    Guard,
    GuardCheck,
    Guards,
    Hold,
    StartHours,
    check,
)
from ringg_runner.hold import HoldFile
from ringg_runner.planner import make_plan

WEEKDAYS = StartHours(DAYS[:5], time(9), time(19), "Asia/Kolkata")
FINE = Circumstances(NOW, starts=1, people=10, workspace="w-1")
ALL = Guards("w-1", 1, 10, WEEKDAYS, stop_when_busy=True)


def the_check(guards: Guards, found: Circumstances) -> GuardCheck:
    (only,) = check(guards, found)
    return only


@pytest.mark.parametrize(
    ("guards", "found", "passes", "said"),
    [
        (Guards(max_starts=2), {"starts": 0}, True, "0 starts; allowed: at most 2 starts"),
        (Guards(max_starts=2), {"starts": 2}, True, "2 starts; allowed: at most 2 starts"),
        (Guards(max_starts=2), {"starts": 3}, False, "3 starts; allowed: at most 2 starts"),
        (Guards(max_starts=1), {"starts": 1}, True, "1 start; allowed: at most 1 start"),
        (
            Guards(max_contacts=5_000),
            {"people": 5_000},
            True,
            "5,000 people; allowed: at most 5,000 people",
        ),
        (
            Guards(max_contacts=5_000),
            {"people": 5_001},
            False,
            "5,001 people; allowed: at most 5,000 people",
        ),
        (
            Guards(max_contacts=50),
            {"people": 50, "uncounted": 1},
            None,
            "50 people, and how many 1 list would add is not known; allowed: at most 50 people",
        ),
        (
            Guards(max_contacts=50),
            {"people": 51, "uncounted": 2},
            False,
            "51 people, and how many 2 lists would add is not known; allowed: at most 50 people",
        ),
        (
            Guards(workspace="w-1"),
            {"workspace": "w-1", "whose_key": "the key belongs to Acme (w-1)"},
            True,
            "the key belongs to Acme (w-1); allowed: only workspace w-1",
        ),
        (
            Guards(workspace="w-1"),
            {"workspace": "w-2", "whose_key": "the key belongs to Test (w-2)"},
            False,
            "the key belongs to Test (w-2); allowed: only workspace w-1",
        ),
        (
            Guards(workspace="w-1"),
            {"workspace": None},
            None,
            "whose key it is was not asked; allowed: only workspace w-1",
        ),
        (
            Guards(stop_when_busy=True),
            {},
            True,
            "no other calls are known of; allowed: no start beside other calls",
        ),
        (
            Guards(stop_when_busy=True),
            {"busy": True, "seen_calls": "other calls are ongoing"},
            False,
            "other calls are ongoing; allowed: no start beside other calls",
        ),
        (
            Guards(stop_when_busy=True),
            {"busy": None, "seen_calls": "nobody said"},
            None,
            "nobody said; allowed: no start beside other calls",
        ),
        (
            Guards(start_hours=WEEKDAYS),
            {},
            True,
            "open now; allowed: mon to fri, 09:00 to 19:00 in Asia/Kolkata",
        ),
        (
            Guards(start_hours=WEEKDAYS),
            {"now": datetime(2026, 12, 4, 13, 30, tzinfo=UTC)},
            False,
            "closed until Mon 2026-12-07 09:00; "
            "allowed: mon to fri, 09:00 to 19:00 in Asia/Kolkata",
        ),
    ],
)
def test_a_guard_says_what_it_found_and_what_it_allows(
    guards: Guards, found: dict[str, Any], *, passes: bool | None, said: str
) -> None:
    told = the_check(guards, replace(FINE, **found))
    assert told.passes is passes
    assert told.refuses is (passes is not True)
    assert str(told) == f"{told.guard}: {said} ({told.guard})"


def test_guards_that_are_not_set_let_everything_pass() -> None:
    found = Circumstances(NOW, starts=10**6, people=10**9, uncounted=9, busy=True)
    assert check(Guards(), found) == ()
    assert Guards().that_are_set == ()


def test_a_refusal_names_the_place_of_its_setting() -> None:
    guards = Guards(max_starts=1, places={Guard.MAX_STARTS: "ringg-runner.yaml:7"})
    told = the_check(guards, replace(FINE, starts=2))
    assert str(told) == "max_starts: 2 starts; allowed: at most 1 start (ringg-runner.yaml:7)"


def test_a_hold_comes_before_every_guard_and_none_is_left_out() -> None:
    told = check(ALL, replace(FINE, hold=Hold("maintenance", "HOLD")))
    assert [one.guard for one in told] == list(Guard)
    assert told[0].refuses
    assert str(told[0]) == "HOLD: maintenance; allowed: no start while this file is there (HOLD)"
    assert not any(one.refuses for one in told[1:])


@pytest.mark.parametrize("guard", SETTINGS)
def test_an_override_is_of_its_own_guard_and_no_other(guard: Guard) -> None:
    nothing_passes = Circumstances(
        datetime(2026, 12, 5, tzinfo=UTC),
        starts=2,
        people=11,
        busy=True,
        hold=Hold("maintenance", "HOLD"),
    )
    told = check(ALL, nothing_passes, {guard: "the board said so"})
    assert {one.guard for one in told if one.refuses} == set(Guard) - {guard}
    (overridden,) = [one for one in told if one.overridden]
    assert (overridden.guard, overridden.overridden) == (guard, "the board said so")


def test_nothing_overrides_a_hold() -> None:
    held = replace(FINE, hold=Hold("maintenance", "HOLD"))
    (told,) = check(Guards(), held, {Guard.HOLD: "never mind"})
    assert told.refuses


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-12-01T03:29:59+00:00", "2026-12-01 09:00"),
        ("2026-12-01T03:30:00+00:00", None),
        ("2026-12-01T13:29:59.999999+00:00", None),
        ("2026-12-01T13:30:00+00:00", "2026-12-02 09:00"),
        ("2026-12-05T06:00:00+00:00", "2026-12-07 09:00"),
        ("2026-12-06T20:00:00+00:00", "2026-12-07 09:00"),
    ],
)
def test_hours_are_those_of_the_zone(moment: str, opening: str | None) -> None:
    now = datetime.fromisoformat(moment)
    assert WEEKDAYS.include(now) is (opening is None)
    if opening:
        assert f"{WEEKDAYS.next_opening(now):%Y-%m-%d %H:%M}" == opening


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("mon",), "mon"),
        (("tue", "mon"), "mon, tue"),
        (("fri", "mon", "wed", "tue", "thu"), "mon to fri"),
        (("mon", "tue", "thu"), "mon, tue, thu"),
        (("sat", "sun", "mon"), "mon, sat, sun"),
        (DAYS, "mon to sun"),
    ],
)
def test_days_are_told_in_the_order_of_the_week(days: tuple[str, ...], words: str) -> None:
    assert str(replace(WEEKDAYS, days=days)) == f"{words}, 09:00 to 19:00 in Asia/Kolkata"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-27T08:00:00+00:00", True),
        ("2026-03-27T07:59:59+00:00", False),
        ("2026-03-30T07:00:00+00:00", True),
        ("2026-03-30T06:59:59+00:00", False),
    ],
    ids=["winter", "before it in winter", "summer", "before it in summer"],
)
def test_hours_follow_the_clocks_of_summer_and_winter(moment: str, *, is_open: bool) -> None:
    hours = StartHours(DAYS, time(9), time(17), "Europe/Berlin")
    assert hours.include(datetime.fromisoformat(moment)) is is_open


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_the_next_opening_is_open_lies_ahead_and_nothing_is_open_before_it(
    now: datetime, days: set[str], zone: str
) -> None:
    hours = StartHours(tuple(days), time(9), time(19), zone)
    opening = hours.next_opening(now)
    assert now < opening <= now + timedelta(days=8)
    assert hours.include(opening)
    if not hours.include(now):
        between = (now + (opening - now) * part / 50 for part in range(50))
        assert not any(hours.include(moment) for moment in between)


KEY_HOLDER = Workspace("w-1", "Acme")


@pytest.mark.parametrize(
    ("reply", "holder"),
    [
        (Answer(200, {"workspace_info": {"id": "w-1", "name": "Acme"}}), KEY_HOLDER),
        (
            NotSent("no connection"),
            NotKnown("the API did not answer: no connection"),
        ),
        (Answer(500), NotKnown("the API answered, but not with a workspace: HTTP 500")),
    ],
)
def test_whose_key_it_is_is_told_or_not_known(reply: Reply, holder: KeyHolder) -> None:
    assert key_holder(reply) == holder


def test_a_key_that_is_refused_is_not_merely_not_known() -> None:
    with pytest.raises(KeyRefusedError):
        key_holder(Answer(401))


def a_row(list_id: str, word: str, people: int | None) -> Row:
    return Row(ListId(list_id), word, None, people)


@pytest.mark.parametrize(
    ("view", "numbers"),
    [
        (None, (2, 0, 2)),
        (Unreadable("HTTP 404"), (2, 0, 2)),
        (Listing({ListId("l-1"): a_row("l-1", "draft", 70)}), (2, 70, 1)),
        (
            Listing(
                {
                    ListId("l-1"): a_row("l-1", "draft", 70),
                    ListId("l-2"): a_row("l-2", "draft", 30),
                }
            ),
            (2, 100, 0),
        ),
        (Listing({ListId("l-1"): a_row("l-1", "completed", 70)}), (1, 0, 1)),
    ],
)
def test_a_plan_is_counted_by_its_starts_alone(
    view: View | None, numbers: tuple[int, int, int]
) -> None:
    campaigns = [
        a_campaign(name="a", list_id="l-1"),
        a_campaign(name="b", list_id="l-2"),
        a_campaign(name="c", list_id="l-3", enabled=False),
    ]
    plan = make_plan(campaigns, an_environment(), NOW, None, view)
    found = circumstances.of_plan(plan, NOW, view)
    assert (found.starts, found.people, found.uncounted) == numbers


@pytest.mark.parametrize(
    ("word", "busy"),
    [
        *((word, True) for word in ("ongoing", "RUNNING", "Ongoing")),
        *((word, False) for word in ("scheduled", "paused", "completed", "draft", "on going")),
    ],
)
def test_the_servers_list_tells_of_ongoing_calls(word: str, *, busy: bool) -> None:
    view = Listing({ListId("other"): a_row("other", word, 5)})
    found = circumstances.of_plan(a_plan(), NOW, view)
    assert found.busy is busy
    assert found.seen_calls == (
        "the server's list shows 1 ongoing" if busy else "each answer is asked"
    )


def test_a_list_that_is_no_campaign_calls_nobody() -> None:
    assert not Row(ListId("x"), None).calls_now


@pytest.mark.parametrize(
    ("holder", "workspace", "words"),
    [
        (None, None, "not asked yet"),
        (KEY_HOLDER, "w-1", "the key belongs to Acme (w-1)"),
        (NotKnown("HTTP 500"), None, "whose key it is is not known: HTTP 500"),
    ],
)
def test_whose_key_it_is_stands_in_the_circumstances(
    holder: KeyHolder | None, workspace: str | None, words: str
) -> None:
    found = circumstances.of_plan(a_plan(), NOW, holder=holder)
    assert (found.workspace, found.whose_key) == (workspace, words)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("maintenance until noon\n", "maintenance until noon"),
        ("", "it gives no reason"),
        (" \n\t", "it gives no reason"),
        ("two\nlines \x1b[31m", "two lines [31m"),
        ("x" * 500, "x" * 199 + "…"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_text_of_the_file_hold_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | bytes, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "HOLD").write_bytes(text.encode() if isinstance(text, str) else text)
    assert HoldFile.beside(tmp_path).look() == Hold(reason, "HOLD")


def test_without_the_file_nothing_is_held(tmp_path: Path) -> None:
    (tmp_path / "hold").write_text("another name")
    assert HoldFile.beside(tmp_path).look() is None


def test_whatever_bears_the_name_holds(tmp_path: Path) -> None:
    path = tmp_path / "HOLD"
    path.symlink_to("nowhere")
    assert HoldFile(path).look() is not None
    path.unlink()
    os.mkfifo(path)
    held = HoldFile(path).look()
    assert held is not None
    assert held.reason == "there is something of this name"
    path.unlink()
    path.mkdir()
    assert HoldFile(path).look() is not None


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="a file that root cannot read")  # noqa: PTH110
def test_a_file_that_cannot_be_read_holds() -> None:
    held = HoldFile(Path("/proc/self/mem")).look()
    assert held is not None
    assert held.reason == "it cannot be read: Input/output error"
