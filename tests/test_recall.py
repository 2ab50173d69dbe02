"""A run as the ledger tells it, beside what the run itself told at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from build import BASE_URL, NOW, a_campaign, a_request, an_environment
from ledger_places import KINDS, a_place
from runners import ANOTHER, ME, FakeApi, Runner, campaigns

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.server_list import Listing, Row
from ringg_runner.campaigns import ListId
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Ending, Event, Key, RunInfo, State, TrailRow
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.planner import make_plan
from ringg_runner.recall import recall
from ringg_runner.running.leftovers import settle_leftovers
from ringg_runner.running.surroundings import Patience
from ringg_runner.runs import Outcome, Result, Run

OK = Answer(200, {"status": "registered", "has_ongoing_calls": True})
ALREADY = Answer(400, {}, ("campaign already started",))
MINUTES = timedelta(minutes=2)
KEY = Key(BASE_URL, ListId("list-1"))


def recalled(ledger: Ledger, run: RunInfo = ME, after: timedelta = timedelta(0)) -> Run | None:
    rows = ledger.trail_of_run(BASE_URL, run.run_id)
    return recall(rows, an_environment(), ledger.known(BASE_URL), NOW + after)


def the_run(ledger: Ledger, run: RunInfo = ME, after: timedelta = timedelta(0)) -> Run:
    found = recalled(ledger, run, after)
    assert found is not None
    return found


def the_result(ledger: Ledger, run: RunInfo = ME, after: timedelta = timedelta(0)) -> Result:
    (result,) = the_run(ledger, run, after).results
    return result


def claim(ledger: Ledger, run: RunInfo = ME, after: timedelta = timedelta(0)) -> None:
    now = NOW + after
    body = a_request().kept_body
    ledger.claim(KEY, run, name="c1", request=body, now=now, lease_until=now + MINUTES)


def without_a_place(result: Result) -> Result:
    """What the ledger can tell of a result: neither where it is written nor its moments' parts."""
    attempts = tuple(
        replace(attempt, sent_at=attempt.sent_at.replace(microsecond=0))
        for attempt in result.attempts
    )
    campaign = replace(result.campaign, file="", line=0, labels={})
    return replace(result, campaign=campaign, attempts=attempts, people=None)


@pytest.mark.parametrize(
    ("replies", "words", "outcome"),
    [
        ([OK], None, Outcome.STARTED),
        ([NotSent("refused"), OK], None, Outcome.STARTED),
        ([ALREADY], None, Outcome.SKIPPED),
        ([Lost("reset"), ALREADY], [{"list-1": "draft"}], Outcome.STARTED),
        ([Lost("reset")], [{"list-1": "ongoing"}], Outcome.STARTED),
        ([Answer(400, {}, ("no such pool",))], None, Outcome.FAILED),
        ([Lost("reset")], None, Outcome.UNRESOLVED),
        ([Answer(401)], None, Outcome.FAILED),
    ],
    ids=[
        *("started", "after a retry", "already", "our own lost request", "confirmed"),
        *("refused", "lost", "key refused"),
    ],
)
def test_the_ledger_tells_what_the_run_told(
    tmp_path: Path, replies: list[Reply], words: list[dict[str, str]] | None, outcome: Outcome
) -> None:
    runner = Runner(FakeApi(replies, words), tmp_path)
    request = a_request(
        callback_url="https://hooks.example.com/secret",
        email_completion_user_ids=("user-1",),
        private=True,
    )
    told = runner.run(a_campaign(request=request))
    with runner.ledger() as ledger:
        again = the_run(ledger, after=timedelta(hours=1))
    assert [result.outcome for result in told.results] == [outcome]
    (result,) = map(without_a_place, told.results)
    (from_the_ledger,) = again.results
    assert from_the_ledger.campaign.request.kept_body == request.kept_body
    assert from_the_ledger.campaign.request.shown_body == request.shown_body
    campaign = replace(result.campaign, request=from_the_ledger.campaign.request)
    assert from_the_ledger == replace(result, campaign=campaign)
    assert (again.run_id, again.recalled, again.summary) == ("run-1", True, told.summary)
    assert again.exit_code == told.exit_code or outcome is Outcome.FAILED


def test_campaigns_stand_in_the_order_of_their_claims_and_have_no_place(tmp_path: Path) -> None:
    runner = Runner(FakeApi([OK] * 3), tmp_path)
    runner.run(*campaigns(3))
    with runner.ledger() as ledger:
        results = the_run(ledger).results
    assert [result.campaign.name for result in results] == ["c1", "c2", "c3"]
    assert {result.campaign.place for result in results} == {"-"}


def test_what_was_never_claimed_is_missing(tmp_path: Path) -> None:
    runner = Runner(FakeApi([OK]), tmp_path)
    told = runner.run(*campaigns(1), a_campaign(name="held", list_id="held", enabled=False))
    with runner.ledger() as ledger:
        again = the_run(ledger)
    assert (len(told.results), len(again.results)) == (2, 1)


def test_what_was_remembered_from_the_servers_list_is_skipped(tmp_path: Path) -> None:
    view = Listing({KEY.list_id: Row(KEY.list_id, "ongoing")})
    runner = Runner(FakeApi([]), tmp_path)
    plan = make_plan([a_campaign()], an_environment(), NOW, {}, view)
    with runner.ledger() as ledger:
        told = asyncio.run(runner.executor(ledger).run(plan, runner.reported.append))
        assert the_run(ledger).summary == told.summary
        assert the_result(ledger).outcome is Outcome.SKIPPED


def test_what_was_settled_for_another_run_is_no_campaign_of_this_one(tmp_path: Path) -> None:
    runner = Runner(FakeApi([]), tmp_path)
    with runner.ledger() as ledger:
        claim(ledger, ANOTHER)
        later = NOW + timedelta(hours=1)
        view = Listing({KEY.list_id: Row(KEY.list_id, "ongoing")})
        assert len([*settle_leftovers(ledger, ME, ledger.entries(), view, later)]) == 1
        assert the_run(ledger).results == ()


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(minutes=1), "its claim lives until 2026-12-01T04:02:00Z"),
        (timedelta(hours=1), "the run vanished while it was starting it"),
    ],
    ids=["its lease lives", "its lease ended"],
)
def test_a_claim_that_was_never_ended_is_unresolved(
    tmp_path: Path, after: timedelta, said: str
) -> None:
    with Runner(FakeApi([]), tmp_path).ledger() as ledger:
        claim(ledger)
        result = the_result(ledger, after=after)
        run = the_run(ledger, after=after)
    assert (result.outcome, result.evidence) == (Outcome.UNRESOLVED, None)
    assert said in result.reason
    assert run.exit_code == 6


@pytest.mark.parametrize(
    ("settle", "said"),
    [
        (
            lambda ledger, now: ledger.resolve(KEY, ANOTHER, State.STARTED, "seen", now=now),
            "; settled since as started by run run-0 (https://ci.example.com/7): seen",
        ),
        (
            lambda ledger, now: ledger.resolve(KEY, ANOTHER, State.NOT_STARTED, "no", now=now),
            "; settled since as not started by run run-0 (https://ci.example.com/7): no",
        ),
        (lambda ledger, now: claim(ledger, ANOTHER, timedelta(hours=1)), "is not known"),
    ],
    ids=["started", "not started", "being settled"],
)
def test_what_a_vanished_run_left_open_says_how_it_was_settled(
    tmp_path: Path, settle: Callable[[Ledger, object], object], said: str
) -> None:
    with Runner(FakeApi([]), tmp_path).ledger() as ledger:
        claim(ledger)
        settle(ledger, NOW + timedelta(hours=1))
        result = the_result(ledger, after=timedelta(hours=2))
    assert result.outcome is Outcome.UNRESOLVED
    assert result.reason.endswith(said)


def test_an_unresolved_start_says_how_it_was_settled(tmp_path: Path) -> None:
    runner = Runner(FakeApi([Lost("reset")]), tmp_path, patience=Patience(settle=0))
    runner.run(a_campaign())
    with runner.ledger() as ledger:
        ledger.resolve(KEY, ANOTHER, State.STARTED, "seen", now=NOW + MINUTES)
        assert the_result(ledger).reason.endswith("(https://ci.example.com/7): seen")


def test_an_ending_that_came_too_late_says_so(tmp_path: Path) -> None:
    with Runner(FakeApi([]), tmp_path).ledger() as ledger:
        claim(ledger)
        claim(ledger, ANOTHER, timedelta(hours=1))
        ending = Ending(State.STARTED, "registered", "answer", {"outcome": "started"})
        assert not ledger.finish(KEY, ME, ending, now=NOW + MINUTES)
        result = the_result(ledger, after=MINUTES)
    assert result.outcome is Outcome.STARTED
    assert result.reason == "registered (another run took this list over meanwhile)"


def test_a_run_that_claimed_nothing_is_none(tmp_path: Path) -> None:
    with Runner(FakeApi([]), tmp_path).ledger() as ledger:
        assert recalled(ledger) is None
        claim(ledger, ANOTHER)
        ledger.resolve(KEY, ME, State.STARTED, "seen", now=NOW + timedelta(hours=1))
        assert recalled(ledger) is None


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        (Event.CLAIMED, {"name": "c1", "request": {}}),
        (Event.STARTED, {"state": "started"}),
        (Event.ATTEMPT, {"sent_at": "yesterday"}),
    ],
    ids=lambda value: str(value) if isinstance(value, Event) else "",
)
def test_a_row_that_makes_no_sense_is_a_sentence(event: Event, detail: dict[str, object]) -> None:
    whole = {"name": "c1", "request": a_request().kept_body}
    rows = [
        TrailRow(1, NOW, KEY, Event.CLAIMED, ME, whole, "", ""),
        TrailRow(2, NOW, KEY, event, ME, detail, "", ""),
    ]
    rows = rows[1:] if event is Event.CLAIMED else rows
    with pytest.raises(LedgerError, match="list-1 makes no sense"):
        recall(rows, an_environment(), {}, NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_run_is_that_which_claimed_last(
    kind: str, request: pytest.FixtureRequest
) -> None:
    a_percent = RunInfo("run-9", "host", 'a"b%', "0.0.0", job_url="https://ci.example.com/%")
    with open_ledger(a_place(kind, request)) as ledger:
        assert ledger.newest_run(BASE_URL) is None
        claim(ledger, ANOTHER)
        claim(ledger, ME, timedelta(hours=1))
        ledger.resolve(KEY, a_percent, State.STARTED, "seen", now=NOW + timedelta(hours=2))
        assert ledger.newest_run(BASE_URL) == ME
        assert ledger.newest_run(BASE_URL, ANOTHER.job_url) == ANOTHER
        assert ledger.newest_run(BASE_URL, "https://ci.example.com/%") is None
        assert ledger.newest_run("https://another.example.com") is None
        assert [row.run for row in ledger.trail_of_run(BASE_URL, "run-1")] == [ME]
        assert ledger.trail_of_run(BASE_URL, "run-_") == []


def test_what_the_ledger_does_not_know_is_not_told(tmp_path: Path) -> None:
    runner = Runner(FakeApi([OK]), tmp_path)
    runner.run(a_campaign())
    with runner.ledger() as ledger:
        run = the_run(ledger)
    assert (run.digest, run.to_start, run.people, run.stopped) == ("", None, None, None)
