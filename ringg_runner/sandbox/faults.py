"""The ways in which the sandbox fails on purpose: which there are, and when one applies.

Owns the kinds, their notation and the count of their uses; the endpoints ask it and do the rest.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

EVERY_LIST = "*"
MAX_TIMES = 10**6

_TIMES = re.compile(r"[0-9]{1,9}")


class FaultKind(StrEnum):
    """What goes wrong with one contact list."""

    LOST = "lost"
    LOST_BEFORE = "lost-before"
    LATE = "late"
    FAIL_BEFORE = "fail-before"
    FAIL_AFTER = "fail-after"
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    HTML = "html"
    PREPARING = "preparing"
    HIDDEN = "hidden"
    LAGGING = "lagging"


class ListFault(StrEnum):
    """What goes wrong with `GET /campaign/all` as a whole."""

    UNREADABLE = "unreadable"
    MISSING = "missing"
    SHAPE = "shape"
    SHUFFLED = "shuffled"


BEFORE_START = frozenset(
    {FaultKind.LOST_BEFORE, FaultKind.FAIL_BEFORE, FaultKind.THROTTLED, FaultKind.CONFLICT}
)
AFTER_START = frozenset({FaultKind.LOST, FaultKind.LATE, FaultKind.FAIL_AFTER, FaultKind.HTML})

_ERRORS: dict[FaultKind | ListFault, tuple[int, str, dict[str, str] | None]] = {
    FaultKind.FAIL_BEFORE: (500, "Internal server error", None),
    FaultKind.FAIL_AFTER: (500, "Internal server error", None),
    FaultKind.THROTTLED: (429, "Too many requests", {"Retry-After": "1"}),
    FaultKind.CONFLICT: (409, "The same request is being processed", None),
    ListFault.UNREADABLE: (403, "Forbidden", None),
    ListFault.MISSING: (404, "Not Found", None),
}
_HTML = "<!doctype html><title>Please wait</title><p>Your request is being processed.</p>"


class AnswerLostError(BaseException):
    """The connection is to end without a byte of an answer.

    Not an `Exception`: every layer between the endpoint and the connection would make a 500 of it.
    """


@dataclass(frozen=True)
class Fault:
    """A fault of one list, or of `EVERY_LIST`, for so many times; None is for ever."""

    kind: FaultKind
    list_id: str
    times: int | None = None


def parse_fault(text: str) -> Fault:
    """The fault that `KIND:LIST_ID` or `KIND:LIST_ID:TIMES` describes.

    The id itself may hold colons where the times are given. Else a mistake in them would pass for
    an id that never comes. Raises ValueError, whose text is a sentence.
    """
    kind, colon, rest = text.partition(":")
    if kind not in list(FaultKind):
        raise ValueError(f"{kind!r} is no fault; there are: {', '.join(FaultKind)}")
    if not colon:
        raise ValueError(f"{text!r} names no list; write {kind}:LIST_ID, or {kind}:* for every one")
    list_id, colon, times = rest.rpartition(":")
    if not colon:
        return Fault(FaultKind(kind), _list_id(rest, text))
    return Fault(FaultKind(kind), _list_id(list_id, text), _times(times, text))


def _times(value: str, text: str) -> int:
    if not _TIMES.fullmatch(value) or not 1 <= int(value) <= MAX_TIMES:
        raise ValueError(
            f"{value!r} in {text!r} must be a number of times, between 1 and {MAX_TIMES}"
        )
    return int(value)


def _list_id(value: str, text: str) -> str:
    if not value or not value.isprintable() or " " in value:
        raise ValueError(f"the list in {text!r} must be an id: not empty, without white space")
    return value


class Faults:
    """The faults of one sandbox, and how often each was used for each list.

    The first one in their order that has a use left applies. To be asked from one event loop,
    which is why it has no lock.
    """

    def __init__(self, faults: Iterable[Fault] = (), seconds: float = 60) -> None:
        """Takes the faults in their order; `seconds` is how long those last that take time."""
        self.seconds = seconds
        self._faults = tuple(faults)
        self._used: Counter[tuple[int, str]] = Counter()

    def of_start(self, list_id: str) -> FaultKind | None:
        """What goes wrong with this start of the list, before or after it."""
        return self._use(list_id, BEFORE_START | AFTER_START)

    def preparing_seconds(self, list_id: str) -> float:
        """How long this start of the list remains in preparation."""
        return self.seconds if self._use(list_id, {FaultKind.PREPARING}) else 0

    def hides(self, list_id: str) -> bool:
        """Whether this answer leaves the list out."""
        return self._use(list_id, {FaultKind.HIDDEN}) is not None

    def lags(self, list_id: str) -> bool:
        """Whether this answer is silent about the latest starts of the list."""
        return self._use(list_id, {FaultKind.LAGGING}) is not None

    def lagging(self) -> list[str]:
        """The lists that lag, by name: to be shown as drafts before they start."""
        return [
            fault.list_id
            for fault in self._faults
            if fault.kind is FaultKind.LAGGING and fault.list_id != EVERY_LIST
        ]

    def _use(self, list_id: str, kinds: Collection[FaultKind]) -> FaultKind | None:
        for number, fault in enumerate(self._faults):
            applies = fault.kind in kinds and fault.list_id in (list_id, EVERY_LIST)
            used = self._used[number, list_id]
            if applies and (fault.times is None or used < fault.times):
                self._used[number, list_id] = used + 1
                return fault.kind
        return None


def spoiled_answer(kind: FaultKind) -> Response:
    """The answer to a start, in place of the right one.

    Raises HTTPException where it is an error, and AnswerLostError where there is none.
    """
    if kind in (FaultKind.LOST, FaultKind.LOST_BEFORE):
        raise AnswerLostError
    if kind is FaultKind.HTML:
        return HTMLResponse(_HTML)
    raise refusal(kind)


def refusal(kind: FaultKind | ListFault) -> HTTPException:
    """The error that a fault of an error's kind answers with."""
    return HTTPException(*_ERRORS[kind])


def refuses(kind: ListFault | None) -> bool:
    """Whether the list of campaigns can't be read at all."""
    return kind in (ListFault.UNREADABLE, ListFault.MISSING)
