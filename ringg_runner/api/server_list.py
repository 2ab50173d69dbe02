"""The server's own list of campaigns: what it says of a list, and how it is read.

`GET /campaign/all` is paged, its order is unknown, and it moves while it is read; its words for a
campaign's state are open-ended. So rows are gathered by id, absence proves nothing, and a word that
is not known is called unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ringg_runner.api.answers import Answer
from ringg_runner.campaigns import ListId
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.api.answers import Reply

PAGE = 100
"""Rows asked for at a time; the API's own default is 10."""

MAX_PAGES = 500
MAX_PASSES = 3
"""How often a list that moved while it was read is read again."""

TRIES = 3


class Standing(StrEnum):
    """What a status word says of a start; the later the member, the more it says that one was."""

    NO_CAMPAIGN = "no campaign"
    NOT_STARTED = "not started"
    UNKNOWN = "unknown"
    ENDED = "ended"
    COMPLETED = "completed"
    LIVE = "live"

    @property
    def started(self) -> bool:
        """Whether the campaign has left the states that come before a start."""
        return self in (Standing.LIVE, Standing.COMPLETED, Standing.ENDED)


# The vendor's documentation, its generations taken together; more words will come.
WORDS: Mapping[Standing, frozenset[str]] = {
    Standing.NOT_STARTED: frozenset({"verifying", "draft", "insufficient_balance", "pending"}),
    Standing.LIVE: frozenset(
        {
            "preparing",
            "in_db",
            "processing",
            "registered",
            "running",
            "scheduled",
            "ongoing",
            "paused",
        }
    ),
    Standing.COMPLETED: frozenset({"completed"}),
    Standing.ENDED: frozenset({"terminated", "failed", "no_valid_contacts"}),
}


_CALLING = frozenset({"ongoing", "running"})


def standing_of(word: str | None) -> Standing:
    """Return what a status word says; None is a list that is no campaign."""
    if word is None:
        return Standing.NO_CAMPAIGN
    plain = _plain(word)
    return next((standing for standing, words in WORDS.items() if plain in words), Standing.UNKNOWN)


def _plain(word: str) -> str:
    return "_".join(word.casefold().replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class Row:
    """What the server says of one list; `people` is how many it would call, where it says so."""

    list_id: ListId
    word: str | None
    agent_id: str | None = None
    people: int | None = None

    @property
    def standing(self) -> Standing:
        """What the status word says of a start."""
        return standing_of(self.word)

    @property
    def calls_now(self) -> bool:
        """Whether the status word says that calls are going on at this moment."""
        return self.word is not None and _plain(self.word) in _CALLING

    @property
    def shown_word(self) -> str:
        """The status word as it came, for people."""
        return "no campaign" if self.word is None else showable(self.word, 40)


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows that were read; `whole` where as many came as the server said there are."""

    rows: Mapping[ListId, Row] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why the server's list cannot be read; `lasting` where asking again will not help.

    `retry_after` is the header of that name, as it came.
    """

    reason: str
    lasting: bool = False
    retry_after: str | None = None


View: TypeAlias = Listing | Unreadable
"""One look at the server's list."""


class Lister(Protocol):
    """Whoever can ask for one page of the server's list."""

    async def campaigns(self, limit: int, offset: int) -> Reply:
        """Ask for rows `offset` to `offset + limit`."""
        ...


async def read_list(lister: Lister) -> View:
    """Read the whole list, once more where it moved meanwhile.

    A row that was seen in two states counts as the one that says more of a start.
    """
    rows: dict[ListId, Row] = {}
    for _ in range(MAX_PASSES):
        before = len(rows)
        steady = await _read_pass(lister, rows)
        if isinstance(steady, Unreadable):
            return steady
        if steady:
            return Listing(rows)
        if before == len(rows):
            break
    return Listing(rows, whole=False)


async def _read_pass(lister: Lister, rows: dict[ListId, Row]) -> bool | Unreadable:
    """Add every row to `rows`; return whether nothing moved on the way.

    Each page begins with the last row of the one before: where it does not, rows came or went.
    """
    seen: set[ListId] = set()
    totals: set[int | None] = set()
    last: list[ListId] | None = None
    offset, joined = 0, True
    for _ in range(MAX_PAGES):
        page = await _read_page(lister, offset)
        if isinstance(page, Unreadable):
            return page
        totals.add(page.total)
        known = len(seen)
        for row in page.rows:
            seen.add(row.list_id)
            rows[row.list_id] = max(rows.get(row.list_id, row), row, key=_tells)
        ids = [row.list_id for row in page.rows]
        joined = joined and (last is None or ids[:1] == last)
        end = offset + len(ids)
        if len(seen) == known or (page.total is not None and end >= page.total):
            return joined and totals <= {None, len(seen)} and len(seen) == end
        # A page of one row cannot both begin with it and go on: then nothing may follow.
        last = ids[-1:] if len(ids) > 1 else []
        offset = end - len(last)
    return False


@dataclass(frozen=True, slots=True)
class _Page:
    rows: tuple[Row, ...]
    total: int | None


async def _read_page(lister: Lister, offset: int) -> _Page | Unreadable:
    """Ask for a page; asking changes nothing, so what fails in passing is asked again."""
    page: _Page | Unreadable = Unreadable("not asked")
    for _ in range(TRIES):
        reply = await lister.campaigns(PAGE, offset)
        if not isinstance(reply, Answer):
            page = Unreadable(reply.reason)
        elif reply.status == 200:
            return read_page(reply.data)
        else:
            lasting = reply.status < 500 and reply.status not in (408, 429)
            said = f"HTTP {reply.status}: {reply.detail}".removesuffix(": ")
            page = Unreadable(said, lasting, reply.retry_after)
            if lasting:
                return page
    return page


def read_page(data: Any) -> _Page | Unreadable:
    """Return a page's rows, or why it is none; rows without an id are passed over."""
    campaigns = data.get("campaigns") if isinstance(data, dict) else None
    if not isinstance(campaigns, list):
        return Unreadable("the answer is not a list of campaigns", lasting=True)
    pagination = data.get("pagination")
    total = pagination.get("total") if isinstance(pagination, dict) else None
    return _Page(tuple(_rows(campaigns)), total if isinstance(total, int) else None)


def _rows(campaigns: list[Any]) -> Iterator[Row]:
    for row in campaigns:
        if isinstance(row, dict) and isinstance(list_id := row.get("id"), str):
            word = row.get("campaign_status", "")
            people = row.get("total_calls")
            yield Row(
                ListId(list_id),
                word if word is None else str(word),
                row.get("agent_id") if isinstance(row.get("agent_id"), str) else None,
                people if isinstance(people, int) and people >= 0 else None,
            )


def _tells(row: Row) -> int:
    return list(Standing).index(row.standing)
