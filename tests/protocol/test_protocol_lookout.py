"""A hundred who wait for a look at the server's list share it, and none gets an old one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from runners import FakeClock

from ringg_runner.api.answers import Answer, Lost, Reply
from ringg_runner.api.server_list import Listing, Unreadable, View
from ringg_runner.running.lookout import Lookout


@dataclass
class GatedList:
    """A list whose every page waits until it is let out; each is said to be the n-th."""

    clock: FakeClock
    refuses: bool = False
    begun: list[float] = field(default_factory=list)
    gates: list[asyncio.Future[None]] = field(default_factory=list)

    async def campaigns(self, limit: int, offset: int) -> Reply:
        self.begun.append(self.clock.elapsed())
        number = len(self.begun)
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gates.append(gate)
        await gate
        if self.refuses:
            return Answer(403, {}, ("no",))
        row = {"id": "list-1", "campaign_status": f"look {number}"}
        return Answer(200, {"campaigns": [row], "pagination": {"total": 1}})


async def everybody_waits() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def words(view: View) -> list[str | None]:
    assert isinstance(view, Listing)
    return [row.word for row in view.rows.values()]


def test_all_who_ask_before_a_reading_begins_share_it() -> None:
    async def look() -> None:
        lister = GatedList(FakeClock())
        lookout = Lookout(lister, lister.clock)
        asking = [asyncio.ensure_future(lookout.look()) for _ in range(100)]
        await everybody_waits()
        lister.gates[0].set_result(None)
        views = await asyncio.gather(*asking)
        assert [words(view) for view in views] == [["look 1"]] * 100
        assert len(lister.begun) == 1

    asyncio.run(look())


def test_who_asks_while_a_reading_is_under_way_gets_the_next_one() -> None:
    async def look() -> None:
        lister = GatedList(FakeClock())
        lookout = Lookout(lister, lister.clock, pace=5.0)
        first = asyncio.ensure_future(lookout.look())
        await everybody_waits()
        later = [asyncio.ensure_future(lookout.look()) for _ in range(2)]
        await everybody_waits()
        assert len(lister.begun) == 1
        lister.gates[0].set_result(None)
        await everybody_waits()
        lister.gates[1].set_result(None)
        assert words(await first) == ["look 1"]
        assert [words(await one) for one in later] == [["look 2"]] * 2
        assert lister.begun == [0.0, 5.0]

    asyncio.run(look())


def test_a_reading_begins_at_once_where_the_last_one_is_long_ago() -> None:
    async def look() -> None:
        lister = GatedList(FakeClock())
        lookout = Lookout(lister, lister.clock, pace=5.0)
        for number in range(2):
            asking = asyncio.ensure_future(lookout.look())
            await everybody_waits()
            lister.gates[number].set_result(None)
            await asking
            lister.clock.seconds += 60.0
        assert lister.begun == [0.0, 60.0]

    asyncio.run(look())


def test_who_gives_up_waiting_takes_the_look_from_nobody() -> None:
    async def look() -> None:
        lister = GatedList(FakeClock())
        lookout = Lookout(lister, lister.clock)
        leaving = asyncio.ensure_future(lookout.look())
        staying = asyncio.ensure_future(lookout.look())
        await everybody_waits()
        leaving.cancel()
        await everybody_waits()
        lister.gates[0].set_result(None)
        assert leaving.cancelled()
        assert words(await staying) == ["look 1"]

    asyncio.run(look())


def test_a_list_that_can_never_be_read_is_asked_for_once() -> None:
    async def look() -> None:
        lister = GatedList(FakeClock(), refuses=True)
        lookout = Lookout(lister, lister.clock)
        asking = asyncio.ensure_future(lookout.look())
        await everybody_waits()
        lister.gates[0].set_result(None)
        refused = Unreadable("HTTP 403: no", lasting=True)
        assert await asking == refused
        assert await lookout.look() == refused
        assert len(lister.begun) == 1

    asyncio.run(look())


def test_a_list_that_cannot_be_read_for_now_is_asked_for_again() -> None:
    class Broken:
        asked = 0

        async def campaigns(self, limit: int, offset: int) -> Reply:
            self.asked += 1
            return Lost("reset")

    async def look() -> None:
        lister = Broken()
        lookout = Lookout(lister, FakeClock())
        assert await lookout.look() == await lookout.look() == Unreadable("reset")
        assert lister.asked == 6

    asyncio.run(look())
