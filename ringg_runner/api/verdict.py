"""What one reply means: the one place where an answer of the API is judged.

A pure function over a table that is read top to bottom. What it does not know for sure it calls
ambiguous, and it never takes silence for a no.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ringg_runner.api.answers import Lost, NotSent
from ringg_runner.api.wording import says_already_started

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.api.answers import Answer, Reply
    from ringg_runner.campaigns import StartRequest


class Verdict(StrEnum):
    """What one reply means."""

    STARTED = "started"
    ALREADY_STARTED = "already_started"
    FAILED = "failed"
    KEY_REFUSED = "key_refused"
    BALANCE_TOO_LOW = "balance_too_low"
    THROTTLED = "throttled"
    NOT_SENT = "not_sent"
    AMBIGUOUS = "ambiguous"

    @property
    def surely_not_started(self) -> bool:
        """Whether the same request may be sent once more without a look."""
        return self in (Verdict.NOT_SENT, Verdict.THROTTLED)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what led to it: the server's words, and the rule that applied.

    `status` is None where no answer came; `retry_after` is the header as the server sent it.
    """

    verdict: Verdict
    detail: str
    rule: str = ""
    status: int | None = None
    has_ongoing_calls: bool | None = None
    retry_after: str | None = None

    @property
    def in_words(self) -> str:
        """What came back, and what is to be thought of it, as one line for people."""
        if self.status is None:
            return self.detail
        said = f"HTTP {self.status}: {self.detail}" if self.detail else f"HTTP {self.status}"
        return f"{said} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `applies`, the verdict is this; `name` says what has come back."""

    name: str
    applies: Callable[[Answer, StartRequest], bool]
    verdict: Verdict


def _status(*statuses: int) -> Callable[[Answer, StartRequest], bool]:
    return lambda answer, _: answer.status in statuses


def _between(first: int, last: int) -> Callable[[Answer, StartRequest], bool]:
    return lambda answer, _: first <= answer.status <= last


def _anything(_answer: Answer, _request: StartRequest) -> bool:
    return True


def _registered(answer: Answer, _: StartRequest) -> bool:
    return 200 <= answer.status <= 299 and isinstance(answer.data, dict)


def _contradicts_itself(answer: Answer, request: StartRequest) -> bool:
    if not _registered(answer, request):
        return False
    data = answer.data
    return bool(data.get("error") or data.get("errors")) or data.get("success") is False


def _already_started(answer: Answer, request: StartRequest) -> bool:
    return answer.status == 400 and says_already_started(
        (*answer.texts, *answer.flags), request.values
    )


RULES: tuple[Rule, ...] = (
    Rule("a success that speaks of an error", _contradicts_itself, Verdict.AMBIGUOUS),
    Rule("registered", _registered, Verdict.STARTED),
    Rule("a success that does not say so in JSON", _between(200, 299), Verdict.AMBIGUOUS),
    Rule("a redirect, which is never followed", _between(300, 399), Verdict.AMBIGUOUS),
    Rule("already started", _already_started, Verdict.ALREADY_STARTED),
    Rule("the key is not accepted", _status(401, 403), Verdict.KEY_REFUSED),
    Rule("the balance is too low", _status(402), Verdict.BALANCE_TOO_LOW),
    Rule("too many requests", _status(429), Verdict.THROTTLED),
    Rule("the same request is still being processed", _status(409), Verdict.AMBIGUOUS),
    # From a proxy that gave up waiting for one side or the other, and does not say for which.
    Rule("somebody on the way gave up waiting", _status(408, 499), Verdict.AMBIGUOUS),
    Rule("refused", _between(400, 499), Verdict.FAILED),
    Rule("the server failed, before the start or after it", _anything, Verdict.AMBIGUOUS),
)


def judge(reply: Reply, request: StartRequest) -> Judgement:
    """Return what a reply to a start request means."""
    if isinstance(reply, NotSent):
        return Judgement(Verdict.NOT_SENT, reply.reason)
    if isinstance(reply, Lost):
        return Judgement(Verdict.AMBIGUOUS, reply.reason)
    rule = next(rule for rule in RULES if rule.applies(reply, request))
    started = rule.verdict is Verdict.STARTED
    return Judgement(
        rule.verdict,
        reply.detail,
        rule.name,
        reply.status,
        _has_ongoing_calls(reply.data) if started else None,
        reply.retry_after,
    )


def _has_ongoing_calls(data: dict[str, Any]) -> bool | None:
    """Return whether the workspace had OTHER ongoing calls; newer answers may not say."""
    value = data.get("has_ongoing_calls")
    return value if isinstance(value, bool) else None
