"""What an API lists that manifests can name: agents, contact lists, number pools and users.

Read tolerantly: some of it nobody documents, and all of it is only there to save typing. What
could not be read, and what was left out, is said in a remark; nothing is made up for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from ringg_runner.api.answers import Answer
from ringg_runner.api.server_list import Standing, standing_of
from ringg_runner.campaigns import is_id
from ringg_runner.redaction import showable
from ringg_runner.starter.names import alias, is_private, without_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringg_runner.api.answers import Reply

PAGE = 100
MAX_PAGES = 50

MAX_ALIASES = 200
"""How many of one kind are written: a file with more is read by nobody."""

Row: TypeAlias = "Mapping[str, Any]"

# The vendor documents the lists of campaigns, numbers and users. That of agents is seen in other
# people's code alone; the documentation only says that agents can be listed.
AGENTS = ("/agent/all", "agents")
CAMPAIGNS = ("/campaign/all", "campaigns")
NUMBERS = ("/workspace/numbers", "workspace_numbers")
USERS = ("/workspace/users", "workspace_users")


class Pager(Protocol):
    """Whoever can ask for one page of what the API lists at a path."""

    async def page(self, path: str, limit: int, offset: int) -> Reply:
        """Ask for what comes after `offset`, at most `limit` of it."""
        ...


@dataclass(frozen=True, slots=True)
class Thing:
    """What the API lists: an id, what people call it there, and what else is worth a comment.

    `agent_id` is the agent that a contact list was uploaded for.
    """

    id: str
    name: str = ""
    comment: str = ""
    agent_id: str | None = None


class Alias(NamedTuple):
    """A name in the project file, and what it stands for."""

    name: str
    thing: Thing


@dataclass(frozen=True, slots=True)
class Group:
    """The aliases of one kind, and what there is to say about them."""

    aliases: tuple[Alias, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All groups by their name in the project file; `unread` is what could not be read at all."""

    groups: Mapping[str, Group]
    unread: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was asked for could be read."""
        return len(self.unread) == len((AGENTS, CAMPAIGNS, NUMBERS, USERS))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a list, each once, and why there are no more of them."""

    rows: tuple[Row, ...]
    problem: str | None = None


async def take(pager: Pager) -> Inventory:
    """Ask for everything that has a list, and name what is in it."""
    places = (AGENTS, CAMPAIGNS, NUMBERS, USERS)
    found = [await _read(pager, *place) for place in places]
    agents, campaigns, numbers, users = found
    groups = {
        "agents": _agents(agents, campaigns, numbers),
        "lists": _lists(campaigns),
        "number_pools": _pools(numbers),
        "users": _users(users),
    }
    failed = ((path, each) for (path, _), each in zip(places, found, strict=True) if each.problem)
    unread = tuple(f"{path}: {each.problem}" for path, each in failed if not each.rows)
    return Inventory(groups, unread)


async def _read(pager: Pager, path: str, key: str) -> _Rows:
    """Read a list to its end: the page that brings nothing new, whatever it does with an offset."""
    rows: dict[str, Row] = {}
    offset = 0
    for _ in range(MAX_PAGES):
        page = _page(await pager.page(path, PAGE, offset), key)
        if isinstance(page, str):
            return _Rows(tuple(rows.values()), page)
        new = {row["id"]: row for row in page if row["id"] not in rows}
        rows |= new
        offset += len(page)
        if not new:
            return _Rows(tuple(rows.values()))
    return _Rows(tuple(rows.values()), f"only the first {len(rows):,} were read")


def _page(reply: Reply, key: str) -> list[Row] | str:
    """Return the rows of a page that have an id, or why there is no page."""
    if not isinstance(reply, Answer):
        return _said(reply.reason)
    if reply.status != 200:
        return _said(f"HTTP {reply.status}: {reply.detail}".removesuffix(": "))
    for holder in (reply.data, _get(reply.data, "data")):
        rows = _get(holder, key)
        if isinstance(rows, list):
            return [row for row in rows if isinstance(_get(row, "id"), str)]
    return f"the answer holds no {key}"


def _agents(agents: _Rows, campaigns: _Rows, numbers: _Rows) -> Group:
    things = [
        Thing(row["id"], _text(row, "agent_display_name", "agent_name", "name"))
        for row in agents.rows
    ]
    for row in numbers.rows:
        agent = _get(row, "agent")
        things.append(Thing(_text(agent, "id"), _text(agent, "agent_display_name")))
    things += [Thing(_text(row, "agent_id")) for row in campaigns.rows]
    remark = (
        ""
        if agents.problem is None
        else (
            f"the API's list of agents is not read ({agents.problem}):"
            " these are the agents that its lists and numbers name"
        )
    )
    return _group("agent", things, remark)


def _lists(campaigns: _Rows) -> Group:
    drafts = [
        row
        for row in campaigns.rows
        if isinstance(word := row.get("campaign_status"), str)
        and standing_of(word) is Standing.NOT_STARTED
    ]
    things = [
        Thing(row["id"], _text(row, "name"), _people(row), _text(row, "agent_id") or None)
        for row in drafts
    ]
    return _group("list", things, _problem("lists", campaigns))


def _pools(numbers: _Rows) -> Group:
    pools: dict[str, list[Row]] = {}
    for row in numbers.rows:
        pools.setdefault(_text(row, "number_pool_id"), []).append(row)
    things = [Thing(pool, "", _numbers(rows)) for pool, rows in pools.items()]
    problem = _problem("number pools", numbers)
    return _group(
        "pool",
        things,
        problem
        or (
            "the API lists numbers, and by them the pools that have any; pools have no names there"
        ),
    )


def _users(users: _Rows) -> Group:
    things = [
        Thing(row["id"], _text(row, "username", "email").partition("@")[0]) for row in users.rows
    ]
    return _group("user", things, _problem("users", users))


def _group(kind: str, things: Iterable[Thing], remark: str) -> Group:
    """Name things, each id once: the one that bears a name, where several say the same id."""
    by_id: dict[str, Thing] = {}
    for thing in things:
        known = by_id.get(thing.id)
        if known is None or (thing.name and not known.name):
            by_id[thing.id] = thing
    fit = [each for each in by_id.values() if is_id(each.id) and not is_private(each.id)]
    left_out = sum(1 for each in by_id.values() if each.id) - len(fit)
    taken: set[str] = set()
    ordered = sorted(fit, key=lambda each: (not each.name, each.name, each.id))
    named = [Alias(alias(each.name, kind, taken), each) for each in ordered]
    remarks = [remark] if remark else []
    if left_out:
        remarks.append(f"left out, with an id that cannot be one or may be private: {left_out}")
    if len(named) > MAX_ALIASES:
        remarks.append(f"only the first {MAX_ALIASES} of {len(named):,} are written")
    return Group(tuple(named[:MAX_ALIASES]), tuple(remarks))


def _problem(what: str, rows: _Rows) -> str:
    return f"{what} are not all read: {rows.problem}" if rows.problem else ""


def _people(row: Row) -> str:
    people = row.get("total_calls")
    return f"calls {people:,} people" if isinstance(people, int) else ""


def _numbers(rows: list[Row]) -> str:
    spam = sum(row.get("is_spam") is True for row in rows)
    marked = f", {spam} marked as spam" if spam else ""
    return f"{len(rows)} number{'s' if len(rows) > 1 else ''}{marked}"


def _said(text: str) -> str:
    return showable(without_private(text), 200)


def _get(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None


def _text(row: Any, *keys: str) -> str:
    """Return the first text that stands under one of the keys; an empty one where none does."""
    texts = (_get(row, key) for key in keys)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")
