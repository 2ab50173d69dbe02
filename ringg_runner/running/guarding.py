"""Watches the guards of a run: asked right before each request, and told of each answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringg_runner.api.verdict import Verdict
from ringg_runner.guards import Circumstances, Guard, GuardCheck, Guards, check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ringg_runner.api.verdict import Judgement
    from ringg_runner.campaigns import ListId
    from ringg_runner.guards import Hold


def _no_hold() -> Hold | None:
    return None


@dataclass(slots=True)
class Watch:
    """The guards of one run, and what was let out under them so far.

    `overrides` has a person's reasons, by guard; `hold` looks for the file HOLD; `workspace` is the
    one that the key belongs to, where that is known.
    """

    guards: Guards = field(default_factory=Guards)
    overrides: Mapping[Guard, str] = field(default_factory=dict)
    hold: Callable[[], Hold | None] = _no_hold
    workspace: str | None = None
    _lists: set[ListId] = field(default_factory=set, init=False)
    _people: int = field(default=0, init=False)
    _uncounted: int = field(default=0, init=False)
    _busy: bool | None = field(default=False, init=False)

    @property
    def one_at_a_time(self) -> bool:
        """Whether an answer decides on the next request, so that none may be sent before it."""
        return self.guards.stop_when_busy and Guard.STOP_WHEN_BUSY not in self.overrides

    def refusal(self, list_id: ListId, people: int | None, now: datetime) -> GuardCheck | None:
        """Let a request for a list out, or return the guard that refuses it.

        `people` is how many the list calls, as far as that is known. A list that was let out is
        counted once, however often it is sent.
        """
        new = list_id not in self._lists
        added = (people or 0) if new else 0
        unknown = new and people is None
        found = Circumstances(
            now,
            starts=len(self._lists) + new,
            people=self._people + added,
            uncounted=self._uncounted + unknown,
            workspace=self.workspace,
            busy=self._busy,
            seen_calls=_SEEN_CALLS[self._busy],
            hold=self.hold(),
        )
        checks = check(self.guards, found, self.overrides)
        refused = next((one for one in checks if one.refuses), None)
        if refused is None:
            self._lists.add(list_id)
            self._people, self._uncounted = found.people, found.uncounted
        return refused

    def answered(self, judgement: Judgement) -> None:
        """Take in what an answer tells, or leaves open, of other ongoing calls."""
        if judgement.verdict in (Verdict.STARTED, Verdict.AMBIGUOUS):
            # Whoever once heard of other calls, or did not hear, is not told otherwise later.
            self._busy = judgement.has_ongoing_calls if self._busy is False else self._busy


_SEEN_CALLS = {
    False: "no answer told of other calls",
    True: "other calls are ongoing, says the API",
    None: "whether other calls are ongoing, the API did not say",
}
