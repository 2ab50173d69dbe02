"""The words of a 400: which say that this campaign already started, and which do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.wording import says_already_started

SAYS_SO = (
    "campaign already started",
    "Campaign Already Started!",
    "CAMPAIGN ALREADY STARTED",
    "campaign already\u00a0started",
    "campaign already\u2009started",
    "campaign\talready\tstarted",
    "campaign already\nstarted",
    "campaign already-started",
    "campaign already \u2013 started",
    "campaign already — started",
    "Campaign «already» 'started'",
    "campaign ａｌｒｅａｄｙ started",
    "already started",
    "already_started",
    "CAMPAIGN_ALREADY_STARTED",
    "CampaignAlreadyStarted",
    "alreadyStarted",
    "campaign.already.started",
    "Campaign already start",
    "The campaign has already been started",
    "This campaign was already started.",
    "This campaign was started already",
    "This campaign’s already running",
    "Campaign is already running.",
    "It is already ongoing",
    "It is already on-going",
    "Campaign is already in ongoing state",
    "Bulk list campaign is already in an ongoing state",
    "already in the scheduled state",
    "the campaign already has ongoing status",
    "already marked as ongoing",
    "campaign has already been scheduled",
    "Campaign is already successfully scheduled",
    "The campaign is already in progress",
    "Campaign already in-progress",
    "List already started.",
    "The list has already been started",
    "campaign for list 123e4567 has already been started",
    "Calls for this campaign are already in progress",
    "Cannot start campaign: it is already running",
    "Cannot start an already running campaign",
    "Campaign could not be started because it is already scheduled",
    "A list that is already scheduled cannot be started again",
    "error: campaign already started (code 4001)",
    "Bad request. Campaign already started.",
    "Campaign already started by another user",
    "Campaign already started for this agent",
    "Campaign state: already scheduled",
)

SAYS_SOMETHING_ELSE = (
    "",
    "already",
    "started",
    "not started",
    "Number pool not found.",
    "Number pool has no available numbers",
    "Bulk list is not ready to start.",
    "From numbers not found: +91",
    "Invalid list_id",
    "campaign could not be started",
    "The user already exists",
    "Agent already deleted. Campaign not started",
    "agent already archived, campaign was not started",
    "The list is already verified. Start it again later.",
    "Campaign already uploaded; processing started",
    "Campaign already deleted, start a new one",
    "The campaign already completed",
    "already in use",
    "Number pool is already in use by an ongoing campaign",
    "number pool already assigned to a running campaign",
    "This pool is already running another campaign",
    "Number pool is already running low",
    "Number already scheduled for deletion",
    "Agent is already running another campaign",
    "agent is already scheduled in another campaign",
    "Another campaign is already running",
    "Other campaigns are already running in this workspace",
    "A campaign is already running in this workspace",
    "Too many campaigns already running",
    "There is already an ongoing campaign",
    "There are already running campaigns",
    "You already have an ongoing campaign",
    "Calls already running: too many",
    "Campaign is already run by another workspace",
    "already running for another agent",
    "The campaign has not already been started",
    "campaign not already started",
    "Campaign is not started already",
    "campaign hasn't already been started",
    "Campaign must already be scheduled",
    "Unless already started, the campaign cannot be paused",
    "Only campaigns already started can be stopped",
    "Campaign name already exists for a scheduled campaign",
    "callback_url already registered; scheduled retry",
    "Upload already in progress",
    "List verification is already in progress",
    "Contact import has already been started",
    "already starting the verification",
    "The list is already being processed; campaign not started",
    "Trial already started",
    "Maintenance already in progress",
)


@pytest.mark.parametrize("words", SAYS_SO)
def test_already_is_said_of_a_started_state(words: str) -> None:
    assert says_already_started([words])


@pytest.mark.parametrize("words", SAYS_SOMETHING_ELSE)
def test_other_words_are_never_taken_for_already_started(words: str) -> None:
    assert not says_already_started([words])


def test_one_text_among_many_is_enough() -> None:
    assert says_already_started(["error", "400", "campaign already started"])


def test_words_of_two_texts_are_not_read_as_one_sentence() -> None:
    assert not says_already_started(["campaign already", "started"])


def test_a_sentence_without_an_end_is_not_understood() -> None:
    assert not says_already_started(["campaign already started " + "and so on " * 100])


@pytest.mark.parametrize(
    ("echo", "own"),
    [
        ("List already-running not found", "already-running"),
        ("Invalid list_id: ALREADY-STARTED", "already-started"),
        (
            "cannot reach https://example.com/hook?campaign=already-started",
            "https://example.com/hook?campaign=already-started",
        ),
    ],
)
def test_an_echo_of_what_was_sent_is_nobodys_statement(echo: str, own: str) -> None:
    assert says_already_started([echo])
    assert not says_already_started([echo], [own])


def test_a_short_id_takes_no_letters_out_of_other_words() -> None:
    assert says_already_started(["campaign a already started"], ["a"])


@given(st.text())
def test_without_the_word_already_nothing_says_so(text: str) -> None:
    assert not says_already_started([text.casefold().replace("already", "")])


@given(st.text())
def test_any_text_at_all_gets_an_answer(text: str) -> None:
    assert says_already_started([text]) in (True, False)


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
@pytest.mark.parametrize("words", SAYS_SO)
def test_case_does_not_matter(words: str, case: Callable[[str], str]) -> None:
    assert says_already_started([case(words)])
