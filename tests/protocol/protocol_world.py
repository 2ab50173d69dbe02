"""A world in which runs apply campaigns, and in which a schedule decides what happens next.

The runs are the real coroutines on a real ledger. Whatever they ask of the world outside (a
transaction, a request, a page of the server's list, a while to pass) is an effect that waits until
the schedule lets it happen, well or badly. Time is virtual and moves only when nothing else does.

What the world assumes of the real one:
- a request that has left reaches the server within `LONGEST_DELAY`, or never;
- the server's list shows a start at most `LONGEST_LAG` later, or does not show the list at all;
- the two together are shorter than the settle window;
- a request leaves within the time limit that the client sets for the whole exchange;
- the server judges one request at a time, and the clocks of all runs agree.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from math import inf
from pathlib import Path
from typing import Any, TypeVarTuple, Unpack

from build import BASE_URL, NOW, a_campaign, an_environment

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.server_list import Lister, read_list
from ringg_runner.campaigns import Campaign, ListId, StartRequest
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.ledger.records import Key, RunInfo, State
from ringg_runner.ledger.store import Ledger, open_ledger
from ringg_runner.planner import make_plan
from ringg_runner.running.claims import Claims
from ringg_runner.running.executor import Executor
from ringg_runner.running.lookout import Lookout
from ringg_runner.running.retries import RetryPolicy
from ringg_runner.running.surroundings import Patience
from ringg_runner.runs import Outcome, Result, Run, Stop
from ringg_runner.times import Clock

LEASE = 120.0
SETTLE = 12.0
TIME_LIMIT = 30.0
LONGEST_DELAY = 3.0
LONGEST_LAG = 8.0


_Ts = TypeVarTuple("_Ts")


class ViolationError(AssertionError):
    """The protocol has broken its promise."""


class KilledError(BaseException):
    """The process is gone; nothing that it still does reaches the world."""


class Kind(StrEnum):
    """What a run can ask of the world."""

    LEDGER = "ledger"
    SEND = "send"
    ANSWER = "answer"
    PAGE = "page"
    SLEEP = "sleep"


Fates = Mapping[str, Callable[[], Any]]
"""How an effect can end, the good way first; each returns what the run gets, or raises it."""


@dataclass(eq=False)
class Effect:
    """Something that a run waits for; at the moment `due` it ends by itself, as `late` says."""

    kind: Kind
    fates: Fates
    future: asyncio.Future[Any] | Future[Any]
    due: float = inf
    late: Callable[[], Any] = lambda: None

    def end(self, fate: Callable[[], Any]) -> None:
        try:
            value = fate()
        except LedgerError as failure:
            self.future.set_exception(failure)
        else:
            self.future.set_result(value)


class StepLoop(asyncio.SelectorEventLoop):
    """An event loop that runs until nothing is left to do at once, and then stands still."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        self._asked += 1
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        self._asked += 1
        return super().call_soon_threadsafe(callback, *args, context=context)

    def drain(self) -> None:
        asked = -1
        while asked != self._asked:
            asked = self._asked
            super().call_soon(self.stop)
            self.run_forever()


@dataclass
class AtTheServer:
    """What the server knows of one list."""

    starts: int = 0
    word: str = "draft"
    visible_at: float = 0.0


class Weather(StrEnum):
    """How the server's list lets itself be read."""

    FINE = "fine"
    HIDDEN = "hidden"
    BROKEN = "broken"
    FORBIDDEN = "forbidden"


@dataclass
class Server:
    """The vendor's side. Its guard ends with the campaign, and may not hold before the calls."""

    lists: dict[str, AtTheServer]
    lag: float = 0.0
    prepares: bool = False
    guards_preparing: bool = True
    weather: Weather = Weather.FINE

    def start(self, list_id: str, now: float) -> Answer:
        known = self.lists[list_id]
        if known.word == "ongoing" or (known.word == "preparing" and self.guards_preparing):
            return Answer(400, {}, ("campaign already started",))
        known.starts += 1
        known.word = "preparing" if self.prepares else "ongoing"
        known.visible_at = now + self.lag
        return Answer(200, {"has_ongoing_calls": False}, ("registered",))

    def moves_on(self, list_id: str) -> None:
        """Let a campaign go from preparation to its calls, and from those to its end."""
        known = self.lists[list_id]
        following = {"preparing": "ongoing", "ongoing": "completed"}
        known.word = following.get(known.word, known.word)

    def page(self, limit: int, offset: int, now: float) -> Answer:
        if self.weather is Weather.BROKEN:
            return Answer(500, {}, ("Oops",))
        if self.weather is Weather.FORBIDDEN:
            return Answer(403, {}, ("Forbidden",))
        hidden = self.weather is Weather.HIDDEN
        rows = [
            {"id": id_, "campaign_status": known.word if now >= known.visible_at else "draft"}
            for id_, known in self.lists.items()
            if not hidden
        ]
        page = rows[offset : offset + limit]
        return Answer(200, {"campaigns": page, "pagination": {"total": len(rows)}})


def patience(settle: float = SETTLE, *, resend_unconfirmed: bool = False) -> Patience:
    """The patience of a run that leaves nothing to chance: its retries do not wait."""
    return Patience(settle, resend_unconfirmed, RetryPolicy(first_wait=0))


def _claims(ledger: Ledger, run: RunInfo, clock: Clock) -> Claims:
    return Claims(ledger, run, clock, LEASE)


@dataclass(frozen=True)
class Making:
    """Of what a run is made; a test that wants a broken protocol puts in a broken part."""

    claims: Callable[[Ledger, RunInfo, Clock], Claims] = _claims
    lookout: Callable[[Lister, Clock], Lookout] = Lookout
    patience: Patience = field(default_factory=patience)


class _Thread(ThreadPoolExecutor):
    """In place of the thread on which a run writes the ledger: each transaction is an effect."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(1)
        self._runner = runner

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def commits() -> Any:
            return function(*args, **kwargs)

        def fails() -> Any:
            raise LedgerError("the ledger cannot be reached")

        def commits_unheard() -> Any:
            function(*args, **kwargs)
            raise LedgerError("the connection was lost during the commit")

        fates = {"commits": commits, "fails": fails, "commits unheard": commits_unheard}
        self._runner.wait_for(Effect(Kind.LEDGER, fates, future))
        return future


class Runner:
    """One process that applies the world's campaigns: also its clock and its way to the API."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.alive = True
        self.results: list[Result] = []
        self.run: Run | None = None
        self._pending: list[Effect] = []
        self._signals = 0
        making, self._thread = world.making, _Thread(self)
        self.info = RunInfo(f"run-{number}", "host", "user", "1.0")
        self.claims = making.claims(world.ledger, self.info, self)
        self.claims._thread = self._thread
        lookout = making.lookout(self, self) if world.looks else None
        self._executor = Executor(self, self.claims, lookout, self, making.patience)
        self.executing = False
        self.task = world.loop.create_task(self._apply())

    async def _apply(self) -> None:
        known = await self.world.loop.run_in_executor(self._thread, self._known)
        view = await read_list(self) if self.world.looks else None
        campaigns = self.world.campaigns
        plan = make_plan(campaigns, an_environment(), self.now(), known, view)
        async with self.claims.kept_alive():
            self.executing = True
            self.run = await self._executor.run(plan, self.results.append)
            self.executing = False

    def _known(self) -> dict[ListId, Any]:
        return {entry.key.list_id: entry for entry in self.world.ledger.entries(BASE_URL)}

    @property
    def pending(self) -> list[Effect]:
        """What may happen next: of the transactions, which have one thread, only the first."""
        self._pending = [effect for effect in self._pending if not effect.future.done()]
        first = next((e for e in self._pending if e.kind is Kind.LEDGER), None)
        return [e for e in self._pending if e.kind is not Kind.LEDGER or e is first]

    def wait_for(self, effect: Effect) -> None:
        if self.alive:
            self._pending.append(effect)
        else:
            effect.future.set_exception(KilledError())

    async def _effect(
        self, kind: Kind, fates: Fates, due: float = inf, late: Callable[[], Any] = lambda: None
    ) -> Any:
        future = self.world.loop.create_future()
        self.wait_for(Effect(kind, fates, future, due, late))
        return await future

    def die(self) -> None:
        self.alive = False
        for effect in self._pending:
            if not effect.future.done():
                effect.future.set_exception(KilledError())

    def signal(self) -> None:
        """Be told to end, the second time with emphasis."""
        if self.executing:
            self._signals += 1
            if self._signals == 1:
                self._executor.interruption.set(Stop.INTERRUPTED)
            elif self._signals == 2:
                self.task.cancel()

    # The clock.
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.world.time)

    def elapsed(self) -> float:
        return self.world.time

    async def sleep(self, seconds: float) -> None:
        await self._effect(Kind.SLEEP, {}, self.world.time + seconds)

    # The API.
    async def start(self, request: StartRequest) -> Reply:
        world, list_id = self.world, request.list_id
        due = world.time + TIME_LIMIT
        late = partial(Lost, "no whole answer within 30 s")

        def arrives() -> Reply:
            world.sends += 1
            return world.server.start(list_id, world.time)

        def arrives_and(reply: Reply) -> Reply:
            arrives()
            return reply

        def is_slow() -> Reply:
            world.flying.append((world.time + LONGEST_DELAY, list_id))
            return Lost("the connection was reset")

        fates: Fates = {
            "arrives": arrives,
            "never leaves": lambda: NotSent("no connection"),
            "leaves and is lost": lambda: Lost("the connection was reset"),
            "leaves and is slow": is_slow,
            "fails before the start": lambda: Answer(500, {}, ("Oops",)),
            "fails after the start": lambda: arrives_and(Answer(500, {}, ("Oops",))),
            "starts behind a proxy": lambda: arrives_and(Answer(200, None, ("Please wait",))),
            "is throttled": lambda: Answer(429, {}, ("slow down",)),
            "conflicts": lambda: Answer(409, {}, ("is being processed",)),
            "is refused": lambda: Answer(400, {}, ("Bulk list is not ready to start.",)),
            "has a wrong key": lambda: Answer(401, {}, ("Invalid credentials",)),
            "costs too much": lambda: Answer(402, {}, ("balance is insufficient",)),
        }
        reply: Reply = await self._effect(Kind.SEND, fates, due, late)
        if not isinstance(reply, Answer):
            return reply
        answer: Reply = await self._effect(
            Kind.ANSWER,
            {"arrives": lambda: reply, "is lost": lambda: Lost("the connection was reset")},
            due,
            late,
        )
        return answer

    async def campaigns(self, limit: int, offset: int) -> Reply:
        world = self.world
        page: Reply = await self._effect(
            Kind.PAGE,
            {
                "is shown": lambda: world.server.page(limit, offset, world.time),
                "is lost": lambda: Lost("the connection was reset"),
                "fails": lambda: Answer(500, {}, ("Oops",)),
            },
            world.time + TIME_LIMIT,
            partial(Lost, "no whole answer within 30 s"),
        )
        return page


# Where it is there: memory, in which a commit costs nothing.
_FOLDERS = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)


@cache
def _empty_ledger() -> bytes:
    with tempfile.TemporaryDirectory(prefix="ringg-protocol-", dir=_FOLDERS) as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(path).close()
        return path.read_bytes()


class World:
    """The server, the ledger, time, and whoever runs."""

    def __init__(
        self,
        folder: Path,
        making: Making | None = None,
        *,
        lists: int = 1,
        looks: bool = True,
        lag: float = 0.0,
        prepares: bool = False,
        guards_preparing: bool = True,
    ) -> None:
        self.making = making or Making()
        self.looks = looks
        self.campaigns = [_campaign(number) for number in range(lists)]
        self.server = Server(
            {campaign.list_id: AtTheServer() for campaign in self.campaigns},
            lag,
            prepares,
            guards_preparing,
        )
        self.time = 0.0
        self.sends = 0
        self.flying: list[tuple[float, str]] = []
        self.runners: list[Runner] = []
        self.surprises: list[str] = []
        self._runs = 0
        (folder / "ledger.db").write_bytes(_empty_ledger())
        self.ledger = open_ledger(folder / "ledger.db")
        self.loop = StepLoop()
        self.loop.set_exception_handler(self._surprised)

    def close(self) -> None:
        for runner in self.runners:
            runner.die()
        self.loop.drain()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.drain()
        self.loop.close()
        self.ledger.close()

    def _surprised(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), KilledError):
            self.surprises.append(str(context))

    # What may happen.
    def begin(self) -> Runner:
        """Let a new process apply the campaigns."""
        self._runs += 1
        runner = Runner(self, self._runs)
        self.runners.append(runner)
        self._after_a_step()
        return runner

    def let(self, effect: Effect, fate: str) -> None:
        """Let an effect end in this way."""
        effect.end(effect.fates[fate])
        self._after_a_step()

    def go(self, runner: Runner) -> None:
        """Let what a run has waited for longest end well; where it only waits, let time pass."""
        waiting = [effect for effect in runner.pending if effect.fates]
        if waiting:
            self.let(waiting[0], next(iter(waiting[0].fates)))
        elif runner.pending:
            self.pass_time(min(effect.due for effect in runner.pending) - self.time)

    def crash(self, runner: Runner) -> None:
        """Kill a process."""
        runner.die()
        self._after_a_step()
        if not runner.task.done():
            raise ViolationError("a killed run goes on")

    def signal(self, runner: Runner) -> None:
        """Tell a process to end."""
        runner.signal()
        self._after_a_step()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything on its way happen at its moment."""
        until = self.time + max(0.0, seconds)
        while (moment := self._next_moment()) <= until:
            self.time = max(self.time, moment)
            self._what_is_due()
            self._after_a_step()
        self.time = until

    def land(self) -> None:
        """Let the requests on their way reach the server."""
        flying, self.flying = self.flying, []
        for _, list_id in flying:
            self.sends += 1
            self.server.start(list_id, self.time)
        self._after_a_step()

    def finish(self, runner: Runner) -> None:
        """Let a run go on, and all go well, until it ends."""
        for _ in range(1000):
            if runner.task.done():
                return
            self.go(runner)
        raise ViolationError("a run does not end")

    def come_to_rest(self) -> None:
        """Let all go well from now on: in the end each list has been started, and that is known."""
        self.server.weather = Weather.FINE
        for runner in list(self.runners):
            self.finish(runner)
        for _ in range(3):
            self.pass_time(LEASE + 1)
            self.finish(self.begin())
        for campaign in self.campaigns:
            entry = self.ledger.entry(_key(campaign.list_id))
            if entry is None or entry.state is not State.STARTED:
                raise ViolationError(f"{campaign.list_id} is left behind: {entry}")
        self.check()

    def _next_moment(self) -> float:
        moments = [moment for moment, _ in self.flying]
        moments += [effect.due for runner in self.runners for effect in runner.pending]
        return min(moments, default=inf)

    def _what_is_due(self) -> None:
        if any(moment <= self.time for moment, _ in self.flying):
            self.land()
            return
        due = (e for runner in self.runners for e in runner.pending if e.due <= self.time)
        effect = next(due)
        effect.end(effect.late)

    def _after_a_step(self) -> None:
        self.loop.drain()
        self._check_the_starts()
        for runner in self.runners:
            self._check_what_is_told(runner)
        self.runners = [runner for runner in self.runners if not self._is_over(runner)]

    def _is_over(self, runner: Runner) -> bool:
        if not runner.task.done():
            return False
        if runner.task.cancelled():
            raise ViolationError("a run was cancelled and told nothing")
        failure = runner.task.exception()
        may_fail = KilledError if runner.executing else (KilledError, LedgerError)
        if failure is not None and not isinstance(failure, may_fail):
            raise ViolationError(f"a run failed and told nothing: {failure!r}") from failure
        return True

    # What must hold.
    def check(self) -> None:
        """Raise ViolationError where the ledger says what is not so, or does not verify."""
        for entry in self.ledger.entries():
            known = self.server.lists[entry.key.list_id]
            if entry.state is State.STARTED and not known.starts:
                raise ViolationError(f"the ledger calls started what was not: {entry}")
            flying = any(list_id == entry.key.list_id for _, list_id in self.flying)
            if entry.state is State.NOT_STARTED and (known.starts or flying):
                raise ViolationError(f"the ledger calls not started what was: {entry}")
        broken = self.ledger.verify()
        if broken is not None:
            raise ViolationError(f"the ledger does not verify: {broken}")
        if self.surprises:
            raise ViolationError(f"something went wrong unseen: {self.surprises}")

    def _check_the_starts(self) -> None:
        for list_id, known in self.server.lists.items():
            if known.starts > 1:
                raise ViolationError(f"{list_id} was started {known.starts} times")

    def _check_what_is_told(self, runner: Runner) -> None:
        for result in runner.results:
            told = result.outcome in (Outcome.STARTED, Outcome.SKIPPED)
            if told and not self.server.lists[result.campaign.list_id].starts:
                raise ViolationError(f"told as started or skipped, but it was not: {result}")


@contextmanager
def a_world(making: Making | None = None, **settings: Any) -> Iterator[World]:
    """A world with a ledger of its own, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ringg-protocol-", dir=_FOLDERS) as folder:
        world = World(Path(folder), making, **settings)
        try:
            yield world
        finally:
            world.close()


def _campaign(number: int) -> Campaign:
    return a_campaign(name=f"c{number}", list_id=f"list-{number}", file=f"{number}.yaml")


def _key(list_id: ListId) -> Key:
    return Key(BASE_URL, list_id)
