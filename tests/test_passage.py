"""How far a request came, and how much time each step has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
import pytest

from ringg_runner.api.passage import Passage, TimeLimits
from ringg_runner.running.claims import LONGEST_SEND

CONNECTS = ("connection.connect_tcp.started", b"")
ASKS_THE_PROXY = ("http11.send_request_headers.started", b"CONNECT")
HAS_ASKED_THE_PROXY = ("http11.send_request_body.complete", b"")
TLS = ("connection.start_tls.started", b"")
LEAVES = ("http11.send_request_headers.started", b"POST")
HAS_LEFT = ("http11.send_request_body.complete", b"")


@dataclass(frozen=True)
class Asked:
    method: bytes


def after(*steps: tuple[str, bytes], limits: TimeLimits) -> tuple[Passage, float]:
    """The passage after these steps, and how many seconds it had in all."""

    async def pass_by() -> tuple[Passage, float]:
        passage = Passage(limits)
        async with passage.bounded() as deadline:
            whole = deadline.when()
            for event, method in steps:
                await passage.trace(event, {"request": Asked(method)} if method else {})
            end = deadline.when()
        assert whole is not None
        assert end is not None
        return passage, limits.answer + end - whole

    return asyncio.run(pass_by())


PASSAGES: list[tuple[str, tuple[tuple[str, bytes], ...], bool, float]] = [
    ("nothing is known", (), False, 100),
    ("it connects", (CONNECTS,), True, 30),
    ("it shakes hands", (CONNECTS, TLS), True, 30),
    ("it asks a proxy", (CONNECTS, ASKS_THE_PROXY), True, 30),
    ("it has asked a proxy", (CONNECTS, ASKS_THE_PROXY, HAS_ASKED_THE_PROXY), True, 30),
    ("it leaves", (CONNECTS, TLS, LEAVES), False, 30),
    ("it leaves behind a proxy", (CONNECTS, ASKS_THE_PROXY, TLS, LEAVES), False, 30),
    ("it has left", (CONNECTS, LEAVES, HAS_LEFT), False, 100),
    ("it leaves on a connection that was there", (LEAVES,), False, 30),
    ("it has left on a connection that was there", (LEAVES, HAS_LEFT), False, 100),
]


@pytest.mark.parametrize(
    ("steps", "surely_not", "seconds"),
    [row[1:] for row in PASSAGES],
    ids=[row[0] for row in PASSAGES],
)
def test_only_what_connects_and_does_not_leave_has_surely_not_left(
    steps: tuple[tuple[str, bytes], ...], surely_not: bool, seconds: float
) -> None:
    passage, had = after(*steps, limits=TimeLimits(100))
    assert passage.has_surely_not_left(httpx.ReadError("")) is surely_not
    assert had == pytest.approx(seconds)
    assert passage.limit == seconds


@pytest.mark.parametrize("failure", [httpx.ConnectError(""), httpx.ProxyError("")])
def test_a_transport_that_tells_no_steps_is_believed_that_it_did_not_connect(
    failure: httpx.TransportError,
) -> None:
    untold, _ = after(limits=TimeLimits())
    leaving, _ = after(LEAVES, limits=TimeLimits())
    assert untold.has_surely_not_left(failure)
    assert not leaving.has_surely_not_left(failure)


def test_a_short_limit_for_the_answer_is_one_for_every_step() -> None:
    _, seconds = after(CONNECTS, limits=TimeLimits(3))
    assert seconds == pytest.approx(3)
    assert TimeLimits(3).for_httpx() == {"connect": 1}
    assert TimeLimits(300).for_httpx() == {"connect": 10}


def test_a_request_has_left_before_a_claim_counts_on_it() -> None:
    assert TimeLimits(300).leave <= LONGEST_SEND
