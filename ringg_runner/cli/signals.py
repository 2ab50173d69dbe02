"""Lets what runs on an event loop end in order when the process is told to."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringg_runner.runs import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STOPS = {signal.SIGINT: Stop.INTERRUPTED, signal.SIGTERM: Stop.TERMINATED}


@contextmanager
def heeded(received: Callable[[Stop], None]) -> Iterator[None]:
    """Call `received` for each SIGINT and SIGTERM, on the running event loop, during the block."""
    loop = asyncio.get_running_loop()
    for number, stop in _STOPS.items():
        loop.add_signal_handler(number, received, stop)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)
