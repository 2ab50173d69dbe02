"""Protocols with a hole: each breaks one rule, and would start a list twice or tell what is not so.

What does not find them out proves nothing about the real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from protocol_world import LEASE, SETTLE, Making, patience

from ringg_runner.api.server_list import Listing, Row, Unreadable, View
from ringg_runner.campaigns import Campaign, ListId
from ringg_runner.ledger.records import Claim, Ending, Entry, State, Taken
from ringg_runner.running.claims import Claims, key_of
from ringg_runner.running.lookout import Lookout
from ringg_runner.runs import Attempt


class Unclaimed(Claims):
    """Sends without a claim."""

    async def claim(self, campaign: Campaign) -> Claim | Taken:
        now = self.clock.now()
        until = now + timedelta(seconds=self.lease)
        self._until[campaign.list_id] = until
        entry = Entry(key_of(campaign), State.CLAIMED, "c", self.run, {}, None, "mine", now, until)
        return Claim(entry)


class Forgetful(Claims):
    """Takes an abandoned or unresolved claim for a free one."""

    async def claim(self, campaign: Campaign) -> Claim | Taken:
        claimed = await super().claim(campaign)
        return replace(claimed, inherited=None) if isinstance(claimed, Claim) else claimed


class Impatient(Claims):
    """Claims what another run holds as soon as it likes to."""

    async def claim(self, campaign: Campaign) -> Claim | Taken:
        claimed = await super().claim(campaign)
        if isinstance(claimed, Taken) and claimed.entry.state is State.CLAIMED:
            self._until[campaign.list_id] = self.clock.now() + timedelta(seconds=self.lease)
            return Claim(claimed.entry)
        return claimed


class Unmindful(Claims):
    """Sends under a lease that has ended."""

    def may_send(self, list_id: ListId) -> bool:
        return True


class Boastful(Claims):
    """Calls every ending a start."""

    async def finish(
        self, campaign: Campaign, ending: Ending, attempts: Sequence[Attempt] = ()
    ) -> bool:
        return await super().finish(campaign, replace(ending, state=State.STARTED), attempts)


class Dismissive(Claims):
    """Calls what is unresolved not started."""

    async def finish(
        self, campaign: Campaign, ending: Ending, attempts: Sequence[Attempt] = ()
    ) -> bool:
        if ending.state is State.UNRESOLVED:
            ending = replace(ending, state=State.NOT_STARTED)
        return await super().finish(campaign, ending, attempts)


class Trusting(Lookout):
    """Takes a list that is not shown, or cannot be read, for one that has not started."""

    async def look(self) -> View:
        view = await super().look()
        rows = {ListId(id_): Row(ListId(id_), "draft") for id_ in ("list-0", "list-1")}
        return Listing(rows) if isinstance(view, Unreadable) else Listing({**rows, **view.rows})


HOLES: dict[str, Making] = {
    "sends without a claim": Making(partial(Unclaimed, lease=LEASE)),
    "takes an open claim for a free one": Making(partial(Forgetful, lease=LEASE)),
    "claims what another run holds": Making(partial(Impatient, lease=LEASE)),
    "sends under a lease that has ended": Making(partial(Unmindful, lease=LEASE)),
    "calls every ending a start": Making(partial(Boastful, lease=LEASE)),
    "calls what is unresolved not started": Making(partial(Dismissive, lease=LEASE)),
    "takes absence for a draft": Making(lookout=Trusting),
    "sends again without a look": Making(patience=patience(resend_unconfirmed=True)),
    "looks for less long than the list lags": Making(patience=patience(SETTLE / 4)),
}
