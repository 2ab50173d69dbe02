"""What holds whatever two runs do, in whatever order, at whatever time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_build import MINE, NOW, OTHER, PERSON, a_key, an_ending
from ledger_places import a_schema, server_url

from ringg_runner.ledger import (
    Claim,
    Event,
    Key,
    Ledger,
    LedgerError,
    RunInfo,
    State,
    open_ledger,
)

KEYS = (a_key("l-1"), a_key("l-2"))
ENDINGS = (State.STARTED, State.NOT_STARTED, State.UNRESOLVED)


@dataclass
class Model:
    """What callers may believe: who holds which list until when, and which lists are closed."""

    now: datetime = NOW
    holders: dict[Key, tuple[RunInfo, datetime]] = field(default_factory=dict)
    open: set[Key] = field(default_factory=set)
    started: set[Key] = field(default_factory=set)

    def living(self, key: Key) -> bool:
        return key in self.holders and self.holders[key][1] > self.now


@dataclass(frozen=True)
class Pass:
    seconds: int

    def __call__(self, ledger: Ledger, model: Model) -> None:
        model.now += timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class TryClaim:
    key: Key
    run: RunInfo
    seconds: int

    def __call__(self, ledger: Ledger, model: Model) -> None:
        until = model.now + timedelta(seconds=self.seconds)
        got = ledger.claim(
            self.key, self.run, name="n", request={}, now=model.now, lease_until=until
        )
        blocked = model.living(self.key) or self.key in model.started
        assert isinstance(got, Claim) is not blocked
        if isinstance(got, Claim):
            assert (got.inherited is not None) is (self.key in model.open)
            model.holders[self.key] = (self.run, until)
            model.open.add(self.key)


@dataclass(frozen=True)
class Renew:
    run: RunInfo
    seconds: int

    def __call__(self, ledger: Ledger, model: Model) -> None:
        until = model.now + timedelta(seconds=self.seconds)
        mine = {
            key: max(until, lease)
            for key, (run, lease) in model.holders.items()
            if run == self.run and lease > model.now
        }
        assert ledger.renew(self.run, now=model.now, lease_until=until) == len(mine)
        model.holders.update({key: (self.run, lease) for key, lease in mine.items()})


@dataclass(frozen=True)
class Finish:
    key: Key
    run: RunInfo
    state: State

    def __call__(self, ledger: Ledger, model: Model) -> None:
        held = self.key in model.holders and model.holders[self.key][0] == self.run
        assert ledger.finish(self.key, self.run, an_ending(self.state), now=model.now) is held
        if held:
            model.holders.pop(self.key)
            _close(model, self.key, self.state)


@dataclass(frozen=True)
class Resolve:
    key: Key
    state: State

    def __call__(self, ledger: Ledger, model: Model) -> None:
        if self.key not in model.open or model.living(self.key):
            with pytest.raises(LedgerError):
                ledger.resolve(self.key, PERSON, self.state, "because", now=model.now)
            return
        ledger.resolve(self.key, PERSON, self.state, "because", now=model.now)
        model.holders.pop(self.key, None)
        _close(model, self.key, self.state)


@dataclass(frozen=True)
class Note:
    key: Key
    run: RunInfo

    def __call__(self, ledger: Ledger, model: Model) -> None:
        ledger.note(self.key, self.run, Event.ATTEMPT, {"n": 1}, now=model.now)


def _close(model: Model, key: Key, state: State) -> None:
    if state is not State.UNRESOLVED:
        model.open.discard(key)
    if state is State.STARTED:
        model.started.add(key)


KEY = st.sampled_from(KEYS)
RUN = st.sampled_from((MINE, OTHER))
SECONDS = st.integers(1, 5)
STEPS = st.lists(
    st.one_of(
        st.builds(TryClaim, KEY, RUN, SECONDS),
        st.builds(Pass, SECONDS),
        st.builds(Finish, KEY, RUN, st.sampled_from(ENDINGS)),
        st.builds(Renew, RUN, SECONDS),
        st.builds(Resolve, KEY, st.sampled_from(ENDINGS[:2])),
        st.builds(Note, KEY, RUN),
    ),
    max_size=25,
)
Step = Callable[[Ledger, Model], None]


@contextmanager
def a_fresh_file() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder, open_ledger(Path(folder) / "ledger.db") as ledger:
        yield ledger


def play(ledger: Ledger, steps: list[Step]) -> None:
    model = Model()
    for step in steps:
        step(ledger, model)
        for key in KEYS:
            entry = ledger.entry(key)
            living = entry is not None and entry.state is State.CLAIMED
            assert living is (key in model.holders)
            if entry is not None and living:
                assert (entry.run, entry.lease_until) == model.holders[key]
                assert entry.is_abandoned(model.now) is not model.living(key)
    assert ledger.verify() is None


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_in_a_file_a_list_has_one_living_claim_at_most(steps: list[Step]) -> None:
    with a_fresh_file() as ledger:
        play(ledger, steps)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> str:
    return server_url(request.config)


@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_on_a_server_a_list_has_one_living_claim_at_most(server: str, steps: list[Step]) -> None:
    with open_ledger(a_schema(server)) as ledger:
        play(ledger, steps)
