"""One start: claimed, sent, judged, settled, recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from build import a_campaign
from runners import ANOTHER, ME, FakeApi, Runner

from ringg_runner.api.answers import Answer, Lost, Reply
from ringg_runner.api.verdict import Verdict
from ringg_runner.campaigns import Campaign, ListId, Window
from ringg_runner.ledger.records import Ending, Event, Key, State
from ringg_runner.running.claims import Claims
from ringg_runner.running.guarding import Watch
from ringg_runner.running.lookout import Lookout
from ringg_runner.running.pace import Pace
from ringg_runner.running.starting import Start
from ringg_runner.running.surroundings import Brake, Interruption, Patience, Surroundings
from ringg_runner.running.tally import Tally
from ringg_runner.runs import Evidence, Outcome, Result, Stop

STARTED = Answer(200, {}, ("registered",))
ALREADY = Answer(400, {}, ("campaign already started",))
REFUSED = Answer(400, {}, ("you cannot do that",))
LOST = Lost("no whole answer within 30 s")

CAMPAIGN = a_campaign(list_id="l")
KEY = Key(CAMPAIGN.request.base_url, ListId("l"))


def drafts(*words: str) -> list[dict[str, str]]:
    """What the list shows, look after look."""
    return [{"l": word} if word else {} for word in words]


def result_of(runner: Runner) -> Result:
    return runner.run(CAMPAIGN).results[0]


def state_in(runner: Runner) -> State | None:
    with runner.ledger() as ledger:
        entry = ledger.entry(KEY)
        assert ledger.verify() is None
    return entry.state if entry else None


@pytest.mark.parametrize("word", ["ongoing", "completed", "PREPARING", "terminated", "failed"])
@pytest.mark.parametrize("reply", [LOST, Answer(500), Answer(409), Answer(302), Answer(200)])
def test_a_lost_answer_whose_list_has_left_the_drafts_is_started(
    tmp_path: Path, reply: Reply, word: str
) -> None:
    runner = Runner(FakeApi([reply], drafts("draft", word)), tmp_path)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.STARTED, Evidence.SERVER_LIST)
    assert result.reason == f"confirmed by the server's list after a lost answer: {word}"
    assert (len(runner.api.sent), state_in(runner)) == (1, State.STARTED)


def test_a_lost_answer_whose_list_stays_a_draft_is_sent_once_more(tmp_path: Path) -> None:
    runner = Runner(FakeApi([LOST, STARTED], drafts("draft")), tmp_path)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.STARTED, Evidence.ANSWER)
    assert [attempt.n for attempt in result.attempts] == [1, 2]
    assert runner.clock.seconds >= runner.patience.settle


def test_a_lost_answer_followed_by_already_started_counts_as_started(tmp_path: Path) -> None:
    result = result_of(Runner(FakeApi([LOST, ALREADY], drafts("draft")), tmp_path))
    assert (result.outcome, result.evidence) == (Outcome.STARTED, Evidence.WORDS)
    assert "our own lost request" in result.reason


def test_what_is_lost_twice_is_unresolved_and_not_sent_a_third_time(tmp_path: Path) -> None:
    runner = Runner(FakeApi([LOST, LOST, STARTED], drafts("draft")), tmp_path)
    assert result_of(runner).outcome is Outcome.UNRESOLVED
    assert (len(runner.api.sent), state_in(runner)) == (2, State.UNRESOLVED)


@pytest.mark.parametrize(
    "words",
    [
        drafts(""),
        drafts("draft", "draft", ""),
        drafts("dormant"),
        None,
    ],
    ids=["absent", "draft, then absent", "an unknown word", "unreadable"],
)
def test_what_the_list_does_not_tell_is_unresolved(
    tmp_path: Path, words: list[dict[str, str]] | None
) -> None:
    runner = Runner(FakeApi([LOST, STARTED], words), tmp_path)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.UNRESOLVED, None)
    assert (len(runner.api.sent), state_in(runner)) == (1, State.UNRESOLVED)


def test_without_time_to_settle_it_is_unresolved_at_once(tmp_path: Path) -> None:
    runner = Runner(FakeApi([LOST], drafts("draft")), tmp_path, patience=Patience(settle=0))
    assert result_of(runner).outcome is Outcome.UNRESOLVED
    assert runner.clock.seconds == 0


def test_whoever_trusts_the_servers_guard_sends_again_without_a_look(tmp_path: Path) -> None:
    patience = Patience(resend_unconfirmed=True)
    runner = Runner(FakeApi([LOST, ALREADY], drafts("draft")), tmp_path, patience=patience)
    assert result_of(runner).outcome is Outcome.STARTED
    assert (len(runner.api.sent), runner.api.looks) == (2, 0)
    with runner.ledger() as ledger:
        assert ledger.trail(KEY)[-1].detail["detail"] == {
            "outcome": "started",
            "resend_unconfirmed": True,
        }


def test_words_against_a_list_that_says_draft_are_a_contradiction(tmp_path: Path) -> None:
    runner = Runner(FakeApi([ALREADY], drafts("draft")), tmp_path)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.UNRESOLVED, None)
    assert "campaign already started" in result.reason
    assert state_in(runner) is State.UNRESOLVED


@pytest.mark.parametrize("words", [drafts("ongoing"), drafts(""), drafts("dormant"), None], ids=str)
def test_words_that_the_list_does_not_contradict_are_a_skip(
    tmp_path: Path, words: list[dict[str, str]] | None
) -> None:
    runner = Runner(FakeApi([ALREADY], words), tmp_path)
    assert (result_of(runner).outcome, state_in(runner)) == (Outcome.SKIPPED, State.STARTED)


@pytest.mark.parametrize("word", ["ongoing", "completed"])
def test_unknown_words_for_a_list_that_runs_or_ran_are_a_skip(tmp_path: Path, word: str) -> None:
    runner = Runner(FakeApi([REFUSED], drafts(word)), tmp_path)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.SKIPPED, Evidence.SERVER_LIST)
    assert "you cannot do that" in result.reason


@pytest.mark.parametrize("words", [drafts("draft"), drafts(""), drafts("failed"), None], ids=str)
def test_unknown_words_for_any_other_list_are_a_failure(
    tmp_path: Path, words: list[dict[str, str]] | None
) -> None:
    runner = Runner(FakeApi([REFUSED], words), tmp_path)
    assert (result_of(runner).outcome, state_in(runner)) == (Outcome.FAILED, State.NOT_STARTED)


def test_what_the_ledger_calls_started_is_skipped_without_a_request(tmp_path: Path) -> None:
    result_of(Runner(FakeApi([STARTED]), tmp_path))
    runner = Runner(FakeApi([]), tmp_path, who=ANOTHER)
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.SKIPPED, Evidence.LEDGER)
    assert "run run-1 (user@host)" in result.reason
    assert (runner.api.sent, runner.api.looks) == ([], 0)


def left_behind(runner: Runner, state: State | None) -> None:
    """Let another run claim the list, and end it so; None is a run that vanished."""
    now = runner.clock.now()
    with runner.ledger() as ledger:
        ledger.claim(
            KEY,
            ANOTHER,
            name="c",
            request={},
            now=now,
            lease_until=now + timedelta(seconds=120),
        )
        if state is not None:
            ledger.finish(KEY, ANOTHER, Ending(state, "no answer"), now=now)


def test_what_a_live_run_is_starting_is_held(tmp_path: Path) -> None:
    runner = Runner(FakeApi([]), tmp_path)
    left_behind(runner, None)
    result = result_of(runner)
    assert result.outcome is Outcome.HELD
    assert "being started by run run-0 (https://ci.example.com/7)" in result.reason


@pytest.mark.parametrize("state", [State.UNRESOLVED, None], ids=["unresolved", "abandoned"])
@pytest.mark.parametrize(
    ("words", "outcome", "sent"),
    [
        (drafts("ongoing"), Outcome.SKIPPED, 0),
        (drafts("draft"), Outcome.STARTED, 1),
        (drafts(""), Outcome.UNRESOLVED, 0),
        (None, Outcome.UNRESOLVED, 0),
    ],
    ids=["started", "still a draft", "absent", "unreadable"],
)
def test_what_an_earlier_run_left_open_is_settled_before_anything_is_sent(
    tmp_path: Path,
    state: State | None,
    words: list[dict[str, str]] | None,
    outcome: Outcome,
    sent: int,
) -> None:
    runner = Runner(FakeApi([STARTED], words), tmp_path)
    left_behind(runner, state)
    runner.clock.seconds = 200
    result = result_of(runner)
    assert (result.outcome, len(runner.api.sent)) == (outcome, sent)
    if not sent:
        assert "run run-0 (https://ci.example.com/7) left it open" in result.reason


def test_every_attempt_is_in_the_trail(tmp_path: Path) -> None:
    runner = Runner(FakeApi([LOST, STARTED], drafts("draft")), tmp_path)
    result_of(runner)
    with runner.ledger() as ledger:
        rows = [row for row in ledger.trail(KEY) if row.event is Event.ATTEMPT]
    assert [row.detail["verdict"] for row in rows] == [Verdict.AMBIGUOUS, Verdict.STARTED]


class Watched(FakeApi):
    """Does something at the first look."""

    def at_first_look(self) -> None:
        raise NotImplementedError

    async def campaigns(self, limit: int, offset: int) -> Reply:
        if not self.looks:
            self.at_first_look()
        return await super().campaigns(limit, offset)


def test_a_run_that_lost_its_claim_and_tells_late_of_its_start_is_believed(tmp_path: Path) -> None:
    class TellsLate(Watched):
        def at_first_look(self) -> None:
            with runner.ledger() as ledger:
                ending = Ending(State.STARTED, "registered", str(Evidence.ANSWER))
                assert not ledger.finish(KEY, ANOTHER, ending, now=runner.clock.now())

    runner = Runner(TellsLate([], drafts("draft")), tmp_path)
    left_behind(runner, None)
    runner.clock.seconds = 200
    result = result_of(runner)
    assert (result.outcome, result.evidence) == (Outcome.SKIPPED, Evidence.LEDGER)
    assert "run run-0" in result.reason
    assert (runner.api.sent, state_in(runner)) == ([], State.STARTED)


def start(
    runner: Runner,
    interruption: Interruption | None = None,
    *,
    slots: int = 1,
    brake: Brake | None = None,
    campaign: Campaign = CAMPAIGN,
    while_it_waits: Callable[[asyncio.Task[Result]], object] = lambda _: None,
) -> Result:
    """Run one start by itself; `while_it_waits` happens once its list is claimed."""

    async def run() -> Result:
        interrupted, tally = interruption or Interruption(), Tally()
        with runner.ledger() as ledger:
            around = Surroundings(
                runner.api,
                Claims(ledger, ME, runner.clock),
                Lookout(runner.api, runner.clock),
                runner.clock,
                runner.patience,
                interrupted,
                brake or Brake(),
                Pace(runner.clock, interrupted, tally, slots),
                asyncio.Semaphore(0),
                tally,
                Watch(),
            )
            starting = asyncio.ensure_future(Start(campaign, around).run())
            while ledger.entry(KEY) is None:
                await asyncio.sleep(0)
            while_it_waits(starting)
            return await starting

    return asyncio.run(run())


def test_an_interruption_ends_the_looking_and_leaves_it_open(tmp_path: Path) -> None:
    class Interrupts(Watched):
        def at_first_look(self) -> None:
            interruption.set(Stop.INTERRUPTED)

    interruption = Interruption()
    runner = Runner(Interrupts([LOST], drafts("draft")), tmp_path)
    assert start(runner, interruption).outcome is Outcome.UNRESOLVED
    assert runner.api.looks == 1


def test_whoever_is_given_up_while_waiting_for_a_slot_has_not_started(tmp_path: Path) -> None:
    interruption = Interruption()

    def give_up(starting: asyncio.Task[Result]) -> None:
        interruption.under_way.add(starting)
        interruption.give_up()

    runner = Runner(FakeApi([STARTED]), tmp_path)
    result = start(runner, interruption, slots=0, while_it_waits=give_up)
    assert (result.outcome, state_in(runner)) == (Outcome.CANCELLED, State.NOT_STARTED)
    assert runner.api.sent == []


def test_what_is_claimed_and_not_sent_when_the_run_stops_is_not_sent(tmp_path: Path) -> None:
    brake = Brake()
    brake.pull(Stop.KEY_REFUSED)
    runner = Runner(FakeApi([STARTED]), tmp_path)
    result = start(runner, brake=brake)
    assert (result.outcome, state_in(runner)) == (Outcome.CANCELLED, State.NOT_STARTED)
    assert result.reason == "not sent: the API refused the key"
    assert runner.api.sent == []


def test_a_start_whose_time_ends_before_its_turn_comes_is_held(tmp_path: Path) -> None:
    runner = Runner(FakeApi([STARTED]), tmp_path)
    until = runner.clock.now() + timedelta(seconds=60)
    campaign = a_campaign(list_id="l", window=Window(not_after=until))

    def dawdle(_: asyncio.Task[Result]) -> None:
        runner.clock.seconds = 61

    result = start(runner, campaign=campaign, while_it_waits=dawdle)
    assert (result.outcome, state_in(runner)) == (Outcome.HELD, State.NOT_STARTED)
    assert result.reason.startswith("its time to start ended at ")
    assert runner.api.sent == []


def test_a_start_whose_lease_nearly_ends_before_its_turn_comes_is_not_sent(
    tmp_path: Path,
) -> None:
    runner = Runner(FakeApi([STARTED]), tmp_path)

    def dawdle(_: asyncio.Task[Result]) -> None:
        runner.clock.seconds = 91

    result = start(runner, while_it_waits=dawdle)
    assert (result.outcome, state_in(runner)) == (Outcome.FAILED, State.NOT_STARTED)
    assert result.reason == "not sent: too little of the claim's lease is left"
    assert runner.api.sent == []


def test_a_start_whose_time_ends_while_the_api_asks_to_wait_is_not_sent_again(
    tmp_path: Path,
) -> None:
    throttled = Answer(429, {}, ("slow down",), retry_after="30")
    runner = Runner(FakeApi([throttled, STARTED]), tmp_path)
    until = runner.clock.now() + timedelta(seconds=10)
    result = start(runner, campaign=a_campaign(list_id="l", window=Window(not_after=until)))
    assert (result.outcome, state_in(runner)) == (Outcome.FAILED, State.NOT_STARTED)
    assert "slow down" in result.reason
    assert len(runner.api.sent) == 1


def test_a_run_that_is_given_up_looks_no_more(tmp_path: Path) -> None:
    interruption = Interruption()
    runner = Runner(FakeApi([LOST], drafts("ongoing")), tmp_path)
    runner.api.on_start = interruption.give_up
    assert start(runner, interruption).outcome is Outcome.UNRESOLVED
    assert runner.api.looks == 0
