"""What each answer means; the table of the product's most careful function."""

from __future__ import annotations

import json
from typing import Any

import pytest
from build import a_request
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.answers import Lost, NotSent, read_answer
from ringg_runner.api.verdict import Judgement, Verdict, judge
from ringg_runner.redaction import Redactor

REGISTERED = {"status": "campaign registered successfully!", "has_ongoing_calls": False}
ALREADY = "campaign already started"


def judged(status: int, body: Any = b"", **headers: str) -> Judgement:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(read_answer(status, headers, content, Redactor.of()), a_request())


TABLE: list[tuple[int, Any, Verdict]] = [
    (200, REGISTERED, Verdict.STARTED),
    (200, {}, Verdict.STARTED),
    (201, {"status": "ok"}, Verdict.STARTED),
    (202, {"error": None, "success": True}, Verdict.STARTED),
    (200, {"error": "Number pool not found."}, Verdict.AMBIGUOUS),
    (200, {"errors": ["no"]}, Verdict.AMBIGUOUS),
    (200, {"success": False}, Verdict.AMBIGUOUS),
    (200, [REGISTERED], Verdict.AMBIGUOUS),
    (200, "registered", Verdict.AMBIGUOUS),
    (200, None, Verdict.AMBIGUOUS),
    (200, b"", Verdict.AMBIGUOUS),
    (204, b"", Verdict.AMBIGUOUS),
    (200, b"<html>Sign in</html>", Verdict.AMBIGUOUS),
    (200, b'{"status": "campaign regist', Verdict.AMBIGUOUS),
    (301, b"", Verdict.AMBIGUOUS),
    (302, {"message": ALREADY}, Verdict.AMBIGUOUS),
    (307, REGISTERED, Verdict.AMBIGUOUS),
    (400, {"message": ALREADY}, Verdict.ALREADY_STARTED),
    (400, {"detail": ALREADY}, Verdict.ALREADY_STARTED),
    (400, {"error": ALREADY}, Verdict.ALREADY_STARTED),
    (400, {"error": {"code": "X", "message": ALREADY}}, Verdict.ALREADY_STARTED),
    (400, {"error": {"code": "CAMPAIGN_ALREADY_STARTED"}}, Verdict.ALREADY_STARTED),
    (400, {"detail": [{"loc": ["body"], "msg": ALREADY}]}, Verdict.ALREADY_STARTED),
    (400, {"a": {"b": [{"c": {"d": [[ALREADY]]}}]}}, Verdict.ALREADY_STARTED),
    (400, {"already_started": True}, Verdict.ALREADY_STARTED),
    (400, {"already_started": False}, Verdict.FAILED),
    (400, [ALREADY], Verdict.ALREADY_STARTED),
    (400, ALREADY, Verdict.ALREADY_STARTED),
    (400, ALREADY.encode(), Verdict.ALREADY_STARTED),
    (400, b"<html><body><b>Campaign</b> already started</body></html>", Verdict.ALREADY_STARTED),
    (400, {"message": "invalid list_id"}, Verdict.FAILED),
    (400, {"message": "Number pool not found."}, Verdict.FAILED),
    (400, {"message": "Bulk list is not ready to start."}, Verdict.FAILED),
    (400, {"message": "Number pool is already in use"}, Verdict.FAILED),
    (400, b"", Verdict.FAILED),
    (400, b"<html>Bad Request</html>", Verdict.FAILED),
    (401, {"message": "Invalid credentials"}, Verdict.KEY_REFUSED),
    (403, b"<html>Forbidden</html>", Verdict.KEY_REFUSED),
    (401, {"message": ALREADY}, Verdict.KEY_REFUSED),
    (402, {"message": "your current balance is insufficient"}, Verdict.BALANCE_TOO_LOW),
    (404, {"message": "User not found in workspace."}, Verdict.FAILED),
    (404, {"message": ALREADY}, Verdict.FAILED),
    (405, b"", Verdict.FAILED),
    (407, b"<html>Proxy Authentication Required</html>", Verdict.FAILED),
    (408, b"", Verdict.AMBIGUOUS),
    (409, {"message": ALREADY}, Verdict.AMBIGUOUS),
    (413, b"", Verdict.FAILED),
    (422, {"detail": [{"msg": "field required"}]}, Verdict.FAILED),
    (429, {"error": "slow down"}, Verdict.THROTTLED),
    (499, b"", Verdict.AMBIGUOUS),
    (500, {"message": "Internal server error"}, Verdict.AMBIGUOUS),
    (500, {"message": ALREADY}, Verdict.AMBIGUOUS),
    (502, b"<html>Bad Gateway</html>", Verdict.AMBIGUOUS),
    (503, b"", Verdict.AMBIGUOUS),
    (504, b"", Verdict.AMBIGUOUS),
    (100, b"", Verdict.AMBIGUOUS),
    (999, REGISTERED, Verdict.AMBIGUOUS),
]


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    TABLE,
    ids=[f"{status} {str(body)[:40]}" for status, body, _ in TABLE],
)
def test_each_answer_has_its_verdict(status: int, body: Any, verdict: Verdict) -> None:
    assert judged(status, body).verdict is verdict


def test_what_was_not_sent_did_not_start() -> None:
    judgement = judge(NotSent("connection refused"), a_request())
    assert (judgement.verdict, judgement.status) == (Verdict.NOT_SENT, None)
    assert judgement.in_words == "connection refused"


def test_a_lost_answer_is_ambiguous() -> None:
    judgement = judge(Lost("no answer within 30 s"), a_request())
    assert (judgement.verdict, judgement.status) == (Verdict.AMBIGUOUS, None)


@pytest.mark.parametrize("said", [True, False])
def test_the_answer_tells_of_other_ongoing_calls(said: bool) -> None:
    assert judged(200, {"has_ongoing_calls": said}).has_ongoing_calls is said


@pytest.mark.parametrize("body", [{}, {"has_ongoing_calls": None}, {"has_ongoing_calls": "no"}])
def test_an_answer_that_is_silent_about_other_calls_is_not_made_to_speak(body: Any) -> None:
    assert judged(200, body).has_ongoing_calls is None


def test_an_echo_of_the_request_is_no_statement_of_the_server() -> None:
    request = a_request(list_id="already-started")
    answer = read_answer(400, {}, b'{"message": "already-started not found"}', Redactor.of())
    assert judge(answer, request).verdict is Verdict.FAILED


def test_what_came_back_is_told_with_its_status_and_what_to_think_of_it() -> None:
    judgement = judged(500, {"message": "Oops"})
    assert judgement.in_words == "HTTP 500: Oops (the server failed, before the start or after it)"
    assert judged(302).in_words == "HTTP 302 (a redirect, which is never followed)"


def test_the_time_that_a_server_asks_for_is_handed_on() -> None:
    assert judged(429, b"", **{"retry-after": "7"}).retry_after == "7"


_STATUS = st.integers(100, 999)
_BODY = st.binary() | st.sampled_from([json.dumps(REGISTERED).encode(), ALREADY.encode()])


@given(_STATUS, _BODY)
def test_only_a_success_with_a_json_object_is_a_start(status: int, body: bytes) -> None:
    if judged(status, body).verdict is Verdict.STARTED:
        assert 200 <= status <= 299
        assert isinstance(json.loads(body), dict)


@given(_STATUS, _BODY)
def test_only_a_400_is_ever_taken_for_already_started(status: int, body: bytes) -> None:
    if judged(status, body).verdict is Verdict.ALREADY_STARTED:
        assert status == 400


@given(_STATUS, _BODY)
def test_nothing_is_sent_again_but_what_was_throttled(status: int, body: bytes) -> None:
    assert judged(status, body).verdict.surely_not_started == (status == 429)


@given(st.integers(300, 399) | st.integers(500, 999), _BODY)
def test_a_redirect_and_a_failing_server_leave_it_open(status: int, body: bytes) -> None:
    assert judged(status, body).verdict is Verdict.AMBIGUOUS
