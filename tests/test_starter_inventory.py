"""What an API lists becomes aliases, however it says so; what is not known is said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.authoring.environments import BASE_URL
from ringg_runner.starter.files import Target, starter
from ringg_runner.starter.inventory import MAX_PAGES, PAGE, Inventory, take

NOT_FOUND = Answer(404, texts=("Not Found",))


@dataclass
class Listed:
    """An API whose lists are these rows; a reply in their place is what it says instead."""

    lists: dict[str, list[Any] | Reply] = field(default_factory=dict)
    ignores_offsets: bool = False
    most: int = PAGE
    asked: list[str] = field(default_factory=list)

    async def page(self, path: str, limit: int, offset: int) -> Reply:
        self.asked.append(path)
        rows = self.lists.get(path, [])
        if not isinstance(rows, list):
            return rows
        if not self.ignores_offsets:
            rows = rows[offset : offset + min(limit, self.most)]
        key = {
            "/agent/all": "agents",
            "/campaign/all": "campaigns",
            "/workspace/numbers": "workspace_numbers",
            "/workspace/users": "workspace_users",
        }[path]
        return Answer(200, {key: rows})


def taken(api: Listed | None = None, **lists: list[Any] | Reply) -> Inventory:
    paths = {
        "agents": "/agent/all",
        "campaigns": "/campaign/all",
        "numbers": "/workspace/numbers",
        "users": "/workspace/users",
    }
    api = api or Listed()
    api.lists = {paths[name]: rows for name, rows in lists.items()}
    return asyncio.run(take(api))


def aliases(inventory: Inventory, group: str) -> dict[str, str]:
    return {alias.name: alias.thing.id for alias in inventory.groups[group].aliases}


def remarks(inventory: Inventory, group: str) -> tuple[str, ...]:
    return inventory.groups[group].remarks


@pytest.mark.parametrize("wrapped", [False, True])
def test_agents_bear_the_names_that_people_gave_them(wrapped: bool) -> None:
    listed = {"agents": [{"id": "a-1", "agent_display_name": "Sales Assistant"}]}
    data = {"status": "success", "data": listed} if wrapped else listed
    found = taken(agents=Answer(200, data))
    assert aliases(found, "agents") == {"sales-assistant": "a-1"}
    assert remarks(found, "agents") == ()


def test_agents_without_a_list_are_those_that_lists_and_numbers_name() -> None:
    found = taken(
        agents=NOT_FOUND,
        campaigns=[{"id": "l", "agent_id": "a-2"}, {"id": "m", "agent_id": "a-1"}, {"id": "n"}],
        numbers=[{"id": "n", "agent": {"id": "a-1", "agent_display_name": "Sales"}}],
    )
    assert aliases(found, "agents") == {"sales": "a-1", "agent-1": "a-2"}
    assert remarks(found, "agents") == (
        "the API's list of agents is not read (HTTP 404: Not Found):"
        " these are the agents that its lists and numbers name",
    )


def test_only_lists_that_are_not_started_are_named() -> None:
    words = ["draft", "Pending", "completed", "ongoing", "terminated", "brand new", None, 7]
    rows = [
        {"id": f"l-{n}", "name": f"List {n}", "campaign_status": word, "total_calls": 98}
        for n, word in enumerate(words)
    ]
    found = taken(campaigns=[*rows, {"id": "l-9"}])
    assert aliases(found, "lists") == {"list-0": "l-0", "list-1": "l-1"}
    assert found.groups["lists"].aliases[0].thing.comment == "calls 98 people"


def test_pools_are_known_by_their_numbers_and_no_number_is_kept() -> None:
    rows = [
        {"id": "1", "number": "+919812345678", "number_pool_id": "p-1", "is_spam": True},
        {"id": "2", "number": "+919812345679", "number_pool_id": "p-1", "is_spam": False},
        {"id": "3", "number": "+919812345670", "number_pool_id": "p-2"},
        {"id": "4", "number": "+919812345671", "number_pool_id": None},
        {"id": "5", "number": "+919812345672", "number_pool_id": "+919812345672"},
    ]
    found = taken(numbers=rows)
    assert aliases(found, "number_pools") == {"pool-1": "p-1", "pool-2": "p-2"}
    assert [alias.thing.comment for alias in found.groups["number_pools"].aliases] == [
        "2 numbers, 1 marked as spam",
        "1 number",
    ]
    assert "left out, with an id that cannot be one or may be private: 1" in remarks(
        found, "number_pools"
    )
    assert "98123" not in repr(found)


def test_users_are_called_by_their_user_names_and_no_address_is_kept() -> None:
    found = taken(
        users=[
            {"id": "u-1", "username": "Asha Rao", "email": "asha@example.com"},
            {"id": "u-2", "username": "", "email": "ops@example.com"},
            {"id": "u-3", "username": "ravi@example.com"},
            {"id": "u-4"},
        ]
    )
    assert aliases(found, "users") == {
        "asha-rao": "u-1",
        "ops": "u-2",
        "ravi": "u-3",
        "user-1": "u-4",
    }
    assert "@" not in repr(found)


def test_ids_that_cannot_be_any_are_passed_over() -> None:
    rows = [{"id": "a b"}, {"id": ""}, {"id": 7}, "nothing", {"id": "ok"}, {"id": "ok"}]
    assert aliases(taken(agents=rows), "agents") == {"agent-1": "ok"}


@pytest.mark.parametrize("ignores_offsets", [False, True])
@pytest.mark.parametrize("most", [PAGE, 7])
def test_a_list_is_read_to_its_end(ignores_offsets: bool, most: int) -> None:
    rows = [{"id": f"a-{n}", "name": f"n{n}"} for n in range(130)]
    found = taken(Listed(ignores_offsets=ignores_offsets, most=most), agents=rows)
    assert len(aliases(found, "agents")) == 130
    assert remarks(found, "agents") == ()


def test_of_very_many_the_first_are_written_and_that_is_said() -> None:
    rows = [{"id": f"u-{n}"} for n in range(PAGE * MAX_PAGES + 1)]
    found = taken(users=rows)
    assert len(aliases(found, "users")) == 200
    assert remarks(found, "users") == (
        "users are not all read: only the first 5,000 were read",
        "only the first 200 of 5,000 are written",
    )


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (NOT_FOUND, "HTTP 404: Not Found"),
        (Answer(500), "HTTP 500"),
        (Answer(403, texts=("call +919812345678\n\x1b[31m",)), "HTTP 403: call [31m"),
        (NotSent("no connection"), "no connection"),
        (Lost("no whole answer within 30 s"), "no whole answer within 30 s"),
        (Answer(200, {"items": []}), "the answer holds no workspace_users"),
        (Answer(200, [1, 2]), "the answer holds no workspace_users"),
        (Answer(200), "the answer holds no workspace_users"),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_is_said(reply: Reply, why: str) -> None:
    found = taken(users=reply, agents=[{"id": "a"}])
    assert remarks(found, "users") == (f"users are not all read: {why}",)
    assert found.unread == (f"/workspace/users: {why}",)
    assert not found.is_empty


def test_an_api_that_lists_nothing_at_all_is_empty() -> None:
    lost = Lost("gone")
    found = taken(agents=lost, campaigns=lost, numbers=lost, users=lost)
    assert found.is_empty
    assert not taken().is_empty


def test_the_first_campaign_names_a_draft_and_the_agent_that_it_is_for() -> None:
    found = taken(
        agents=[{"id": "a-1", "name": "Alpha"}, {"id": "a-2", "name": "Beta"}],
        campaigns=[
            {"id": "l-1", "name": "A", "campaign_status": "draft"},
            {"id": "l-2", "name": "B", "campaign_status": "draft", "agent_id": "a-2"},
        ],
    )
    files = starter({"campaign": "", "project": ""}, target(found))
    campaign = files["campaigns/first-campaign.yaml"]
    assert "agent_id: ${agents.beta}\nlist_id: ${lists.b}\n" in campaign
    assert "number_pool_id: ${number_pools.first}\n" in campaign
    assert campaign.endswith("\nenabled: false\n")
    assert "  production:\n    api_key_env: RINGG_API_KEY\n" in files["ringg-runner.yaml"]
    assert target(found).missing == ("number_pools",)


def target(inventory: Inventory) -> Target:
    return Target("production", BASE_URL, "RINGG_API_KEY", inventory)
