"""When the same request may be sent once more, and after how long.

Only what surely did not start is ever repeated; that is the verdict's to say. The waiting itself
is tenacity's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from tenacity import AsyncRetrying, RetryCallState, retry_if_result
from tenacity.wait import wait_random_exponential

from ringg_runner.api.verdict import Judgement, Verdict

Send: TypeAlias = Callable[[], Awaitable[Judgement]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently; seconds throughout.

    Waits grow exponentially with full jitter. A server that asks to be left alone for longer than
    `longest_wait` is left alone.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 60.0

    async def send(
        self,
        send: Send,
        *,
        sleep: Callable[[float], Awaitable[None]],
        slow_down: Callable[[float], None],
        now: Callable[[], datetime],
        stopped: Callable[[], bool],
    ) -> Judgement:
        """Send until something is known, the attempts are used up, or `stopped` says so.

        `slow_down` is told for how long a server wants to be left alone, by everybody.
        """
        first = await send()
        if not first.verdict.surely_not_started:
            # So end nearly all; only the others are worth what tenacity's machinery costs.
            return first
        judged = [first]

        async def the_first_and_then_more() -> Judgement:
            return judged.pop() if judged else await send()

        jitter = wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)

        def wait(state: RetryCallState) -> float:
            asked = seconds_asked_for(_last(state).retry_after, now())
            seconds = jitter(state) if asked is None else asked
            if _last(state).verdict is Verdict.THROTTLED:
                slow_down(seconds)
            return seconds

        def give_up(state: RetryCallState) -> bool:
            too_long = state.upcoming_sleep > self.longest_wait
            return stopped() or too_long or state.attempt_number >= self.attempts

        retrying = AsyncRetrying(
            sleep=sleep,
            wait=wait,
            stop=give_up,
            retry=retry_if_result(lambda judged: judged.verdict.surely_not_started),
            retry_error_callback=_last,
        )
        return await retrying(the_first_and_then_more)


def seconds_asked_for(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, in either of its two forms."""
    if retry_after is None:
        return None
    if retry_after.isdecimal() and retry_after.isascii():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _last(state: RetryCallState) -> Judgement:
    assert state.outcome is not None
    judgement: Judgement = state.outcome.result()
    return judgement
