"""Shares looks at the server's list: a hundred who wait for one cost one paged read.

It owns when the list is read; what a look tells is not its business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Lister, Unreadable, View, read_list

if TYPE_CHECKING:
    from ringg_runner.times import Clock


@dataclass(slots=True)
class Lookout:
    """Reads the server's list for all who ask, `pace` seconds apart at least."""

    lister: Lister
    clock: Clock
    pace: float = 1.0
    _begun: float | None = field(default=None, init=False)
    _hopeless: Unreadable | None = field(default=None, init=False)
    _reading: asyncio.Task[View] | None = field(default=None, init=False)
    _coming: asyncio.Task[View] | None = field(default=None, init=False)

    async def look(self) -> View:
        """Return a view whose reading began after this call, shared with all who ask meanwhile."""
        if self._hopeless is not None:
            return self._hopeless
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._read(after=self._reading))
        return await asyncio.shield(self._coming)

    async def _read(self, after: asyncio.Task[View] | None) -> View:
        if after is not None:
            await asyncio.wait((after,))
        if self._begun is not None:
            await self.clock.sleep(max(0.0, self._begun + self.pace - self.clock.elapsed()))
        self._begun = self.clock.elapsed()
        self._reading, self._coming = self._coming, None
        view = await read_list(self.lister)
        if isinstance(view, Unreadable) and view.lasting:
            self._hopeless = view
        return view
