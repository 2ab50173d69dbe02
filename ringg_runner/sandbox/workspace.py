"""What exists in the sandbox: agents, contact lists, number pools and users.

Owns the seed file and its checks; what was started is the store's.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

UNKNOWN_PREFIX = "unknown-"

_MAX_NUMBER = 10**12

_T = TypeVar("_T", bound="ContactList | User")


class WorkspaceError(ValueError):
    """A seed file that can't be used: the sentence names the file and the problem."""


@dataclass(frozen=True)
class ContactList:
    """An uploaded list; `contacts` is the number of people on it, 0 where unknown."""

    id: str
    name: str
    agent_id: str | None = None
    contacts: int = 0


@dataclass(frozen=True)
class User:
    """A member of the workspace, with the fields of `GET /workspace/users`."""

    id: str
    username: str = ""
    email: str = ""
    role: str = ""


@dataclass(frozen=True)
class Workspace:
    """A workspace; where a collection is None, every id exists that is not `unknown-…`.

    `Workspace()` is the default one, in which that is so of all four.
    """

    id: str = "5a4db0c5-0000-4000-8000-000000000000"
    name: str = "Sandbox"
    credits: float = 1000
    agents: Collection[str] | None = None
    lists: Mapping[str, ContactList] | None = None
    number_pools: Collection[str] | None = None
    users: Mapping[str, User] | None = None

    def has_agent(self, agent_id: str) -> bool:
        """Whether the agent exists."""
        return _exists(agent_id, self.agents)

    def has_list(self, list_id: str) -> bool:
        """Whether the contact list was uploaded."""
        return _exists(list_id, self.lists)

    def has_number_pool(self, number_pool_id: str) -> bool:
        """Whether the number pool exists."""
        return _exists(number_pool_id, self.number_pools)

    def has_user(self, user_id: str) -> bool:
        """Whether the user is a member."""
        return _exists(user_id, self.users)

    def contact_list(self, list_id: str) -> ContactList:
        """What is known of the list; its id for a name where nothing is."""
        return (self.lists or {}).get(list_id) or ContactList(list_id, name=list_id)


def load_workspace(path: Path) -> Workspace:
    """The workspace that a YAML seed describes; what the seed leaves out does not exist.

    Raises WorkspaceError where the file can't be read or has the wrong shape.
    """
    try:
        return _workspace(_read(path))
    except _SeedError as error:
        raise WorkspaceError(f"{path}: {error}") from error


class _SeedError(Exception):
    """The problem, without the file."""


def _exists(known_id: str, known: Collection[str] | None) -> bool:
    return not known_id.startswith(UNKNOWN_PREFIX) if known is None else known_id in known


def _read(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise _SeedError(f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise _SeedError(f"is not valid YAML: {problem}") from error


def _workspace(document: object) -> Workspace:
    seed = _mapping(document, "the seed", {"workspace", "agents", "lists", "number_pools", "users"})
    section = seed.get("workspace")
    info = _mapping({} if section is None else section, "workspace", {"id", "name", "credits"})
    default = Workspace()
    return Workspace(
        id=_id(info.get("id", default.id), "workspace.id"),
        name=_text(info.get("name", default.name), "workspace.name"),
        credits=_amount(info.get("credits", default.credits), "workspace.credits"),
        agents=tuple(_id(*item) for item in _items(seed, "agents")),
        lists=_by_id(seed, "lists", _contact_list),
        number_pools=tuple(_id(*item) for item in _items(seed, "number_pools")),
        users=_by_id(seed, "users", _user),
    )


def _by_id(
    seed: Mapping[str, Any], section: str, build: Callable[[object, str], _T]
) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for value, where in _items(seed, section):
        item = build(value, where)
        if item.id in found:
            raise _SeedError(f"{where} repeats the id {item.id!r}")
        found[item.id] = item
    return found


def _contact_list(value: object, where: str) -> ContactList:
    if isinstance(value, str):
        return ContactList(_id(value, where), name=value)
    fields = _mapping(value, where, {"id", "name", "agent_id", "contacts"})
    list_id = _id(fields.get("id"), f"{where}.id")
    agent_id = fields.get("agent_id")
    return ContactList(
        id=list_id,
        name=_text(fields.get("name", list_id), f"{where}.name"),
        agent_id=None if agent_id is None else _id(agent_id, f"{where}.agent_id"),
        contacts=_count(fields.get("contacts", 0), f"{where}.contacts"),
    )


def _user(value: object, where: str) -> User:
    if isinstance(value, str):
        return User(_id(value, where))
    fields = _mapping(value, where, {"id", "username", "email", "role"})
    texts = {name: _text(fields[name], f"{where}.{name}") for name in fields if name != "id"}
    return User(_id(fields.get("id"), f"{where}.id"), **texts)


def _items(seed: Mapping[str, Any], section: str) -> list[tuple[object, str]]:
    """The entries of a section, each with the place to name in a complaint."""
    values = seed.get(section)
    if values is None:
        return []
    if not isinstance(values, list):
        raise _SeedError(f"{section} must be a list")
    return [(value, f"{section}[{index}]") for index, value in enumerate(values)]


def _mapping(value: object, where: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _SeedError(f"{where} must be a mapping")
    unknown = ", ".join(sorted(repr(key) for key in value.keys() - allowed))
    if unknown:
        raise _SeedError(f"{where} has unknown keys: {unknown}")
    return value


def _id(value: object, where: str) -> str:
    if not isinstance(value, str) or not value or " " in value or not value.isprintable():
        raise _SeedError(f"{where} must be an id: a non-empty string without white space")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise _SeedError(f"{where} must be a string of printable characters")
    return value


def _count(value: object, where: str) -> int:
    if not isinstance(value, int):
        raise _SeedError(f"{where} must be a whole number")
    return int(_amount(value, where))


def _amount(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _SeedError(f"{where} must be a number")
    if not 0 <= value <= _MAX_NUMBER:  # also refuses what JSON can't say: .inf and .nan
        raise _SeedError(f"{where} must lie between 0 and {_MAX_NUMBER}")
    return value
