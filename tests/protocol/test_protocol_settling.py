"""What looks at the server's list tell of a start whose answer was lost."""

from __future__ import annotations

from itertools import product

import pytest

from ringg_runner.api.server_list import Listing, Row, Standing, Unreadable
from ringg_runner.campaigns import ListId
from ringg_runner.running.settling import ENOUGH, LOOKS, Look, Settled, look_for, settle

LIST = ListId("list-1")


def looks(*standings: Standing | None) -> list[Look]:
    return [Look(standing, str(standing)) for standing in standings]


DRAFT, LIVE, UNKNOWN = Standing.NOT_STARTED, Standing.LIVE, Standing.UNKNOWN


@pytest.mark.parametrize(
    ("standings", "settled"),
    [
        ((), Settled.OPEN),
        ((DRAFT,), Settled.OPEN),
        ((DRAFT, DRAFT), Settled.OPEN),
        ((DRAFT, DRAFT, DRAFT), Settled.NOT_STARTED),
        ((DRAFT,) * 6, Settled.NOT_STARTED),
        ((LIVE,), Settled.STARTED),
        ((Standing.COMPLETED,), Settled.STARTED),
        ((Standing.ENDED,), Settled.STARTED),
        ((DRAFT, DRAFT, DRAFT, LIVE), Settled.STARTED),
        ((LIVE, DRAFT, DRAFT, DRAFT), Settled.STARTED),
        ((None, None, LIVE), Settled.STARTED),
        ((None,) * 6, Settled.OPEN),
        ((DRAFT, DRAFT, DRAFT, None), Settled.OPEN),
        ((None, DRAFT, DRAFT, DRAFT), Settled.OPEN),
        ((DRAFT, UNKNOWN, DRAFT, DRAFT), Settled.OPEN),
        ((Standing.NO_CAMPAIGN,) * 6, Settled.OPEN),
    ],
)
def test_looks_settle_a_start_only_where_they_leave_no_doubt(
    standings: tuple[Standing | None, ...], settled: Settled
) -> None:
    assert settle(looks(*standings)) is settled


def test_of_all_that_looks_can_show_only_drafts_throughout_allow_another_send() -> None:
    every: list[Standing | None] = [*Standing, None]
    for standings in product(every, repeat=4):
        settled = settle(looks(*standings))
        started = any(standing is not None and standing.started for standing in standings)
        assert (settled is Settled.STARTED) == started
        assert (settled is Settled.NOT_STARTED) == (set(standings) == {DRAFT})


def test_there_are_enough_looks_and_the_last_one_is_at_the_end_of_the_window() -> None:
    assert len(LOOKS) >= ENOUGH >= 3
    assert list(LOOKS) == sorted(set(LOOKS))
    assert (LOOKS[0] > 0, LOOKS[-1]) == (True, 1)


@pytest.mark.parametrize(
    ("view", "look"),
    [
        (Listing({LIST: Row(LIST, "Draft")}), Look(DRAFT, "Draft")),
        (Listing({LIST: Row(LIST, "Draft")}, whole=False), Look(DRAFT, "Draft")),
        (Listing({LIST: Row(LIST, None)}), Look(Standing.NO_CAMPAIGN, "no campaign")),
        (Listing({LIST: Row(LIST, "zombie")}), Look(UNKNOWN, "zombie")),
        (Listing({}), Look(None, "absent")),
        (Listing({ListId("other"): Row(ListId("other"), "ongoing")}), Look(None, "absent")),
        (Unreadable("HTTP 503"), Look(None, "unreadable (HTTP 503)")),
        (
            Unreadable("HTTP 403", lasting=True),
            Look(None, "unreadable (HTTP 403)", hopeless=True),
        ),
    ],
)
def test_a_look_shows_what_the_list_says_of_one_list(
    view: Listing | Unreadable, look: Look
) -> None:
    assert look_for(view, LIST) == look
