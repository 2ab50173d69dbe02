"""Looks at the server's list, again and again and not too often, until campaigns are over.

It owns the pace, the time limit and the interruption. It sends nothing, so it can end at any time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Unreadable
from ringg_runner.running.retries import seconds_asked_for
from ringg_runner.runs import Stop
from ringg_runner.waiting import End, Waited

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ringg_runner.api.server_list import View
    from ringg_runner.running.surroundings import Interruption
    from ringg_runner.times import Clock
    from ringg_runner.waiting import Waiting


async def watch(
    waiting: Waiting,
    look: Callable[[], Awaitable[View]],
    *,
    clock: Clock,
    interruption: Interruption,
    limit: float,
    tell: Callable[[Waiting, float], None],
) -> Waited:
    """Look until all is over, for `limit` seconds at the most, and return what was seen.

    The last look is at the limit. `tell` is told of each look, and of how many seconds lie before
    the next. A server that asks to be left alone is, for that long.
    """
    begun, pause = clock.elapsed(), 0.0
    while True:
        left = begun + limit - clock.elapsed()
        end = _end(waiting, interruption.stop, left)
        if end is not None:
            return Waited(waiting, end, limit - left, limit)
        await interruption.sleep(clock, min(pause, left))
        view = await _unless_interrupted(look, interruption)
        if view is not None:
            now = clock.now()
            waiting = waiting.after(view, now)
            asked = view.retry_after if isinstance(view, Unreadable) else None
            pause = max(waiting.pause, seconds_asked_for(asked, now) or 0.0)
            tell(waiting, pause)


def _end(waiting: Waiting, stop: Stop | None, left: float) -> End | None:
    """Return why the waiting ends now, if it does."""
    if waiting.over:
        return End.OVER
    if stop is not None:
        return End.TERMINATED if stop is Stop.TERMINATED else End.INTERRUPTED
    if waiting.hopeless:
        return End.UNREADABLE
    return End.LIMIT if left <= 0 else None


async def _unless_interrupted(
    look: Callable[[], Awaitable[View]], interruption: Interruption
) -> View | None:
    """Return what a look shows; None where there was none, or it was broken off."""
    if interruption.is_set():
        return None
    looking = asyncio.ensure_future(look())

    async def looked() -> None:
        await asyncio.wait((looking,))

    await interruption.unless_set(looked())
    if looking.done():
        return looking.result()
    looking.cancel()
    await asyncio.wait((looking,))
    return None
