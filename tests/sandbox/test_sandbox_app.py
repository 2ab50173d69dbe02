"""The embedded API as a client meets it: every answer, over HTTP without a socket."""

import asyncio
import json
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from ringg_runner.sandbox import BASE_PATH, ErrorStyle, Store, Workspace, create_app
from ringg_runner.sandbox.workspace import ContactList, User

NOON = "2026-12-01T12:00:00+00:00"
SEEDED = Workspace(
    id="w-1",
    name="Rehearsal",
    credits=12.5,
    agents=("a-1", "a-2"),
    lists={
        "l-1": ContactList("l-1", "Diwali", "a-1", 98),
        "l-2": ContactList("l-2", "Holi"),
    },
    number_pools=("p-1",),
    users={"u-1": User("u-1", "asha", "asha@example.com", "admin"), "u-2": User("u-2")},
)


def a_body(**fields: object) -> dict[str, object]:
    return {"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1", **fields}


def ask(
    app: Starlette, method: str, path: str, *, key: str | None = "k", **options: Any
) -> httpx.Response:
    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {} if key is None else {"X-API-KEY": key}
        base = f"http://sandbox{BASE_PATH}"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            return await client.request(method, path, **options)

    return asyncio.run(exchange())


def start(app: Starlette, **fields: object) -> httpx.Response:
    return ask(app, "POST", "/campaign/v2/start", json=a_body(**fields))


def answer(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    noon = datetime.fromisoformat(NOON).astimezone(UTC)
    with Store(tmp_path / "sandbox.db", clock=lambda: noon) as store:
        yield store


# --- the key


@pytest.mark.parametrize("path", ["/workspace", "/campaign/all", "/no-such-path"])
@pytest.mark.parametrize("key", [None, ""], ids=["missing", "empty"])
def test_without_a_key_every_path_is_a_401(store: Store, path: str, key: str | None) -> None:
    response = ask(create_app(store, Workspace()), "GET", path, key=key)
    assert answer(response) == (401, {"message": "Invalid credentials"})


@pytest.mark.parametrize(
    ("expected", "given_key", "status"),
    [
        (None, "anything", 200),
        ("right", "right", 200),
        ("right", "Right", 401),
        ("right", "righ", 401),
        ("clé", "clé", 200),
        ("clé", "cle", 401),
    ],
)
def test_a_key_is_any_or_exactly_the_one_that_was_set(
    store: Store, expected: str | None, given_key: str, status: int
) -> None:
    app = create_app(store, Workspace(), api_key=expected)
    headers = {"X-API-KEY": given_key.encode()}
    assert ask(app, "GET", "/workspace", key=None, headers=headers).status_code == status


def test_a_start_without_the_key_starts_nothing(store: Store) -> None:
    app = create_app(store, Workspace(), api_key="right")
    assert start(app).status_code == 401
    assert store.starts() == []


def test_the_servers_own_lifespan_needs_no_key(store: Store) -> None:
    incoming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(incoming)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(create_app(store, Workspace())({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# --- the start


def test_a_start_is_registered_and_says_that_nothing_else_is_ongoing(store: Store) -> None:
    assert answer(start(create_app(store, Workspace()))) == (
        200,
        {"status": "campaign registered successfully!", "has_ongoing_calls": False},
    )


def test_a_later_start_of_another_list_says_that_others_are_ongoing(store: Store) -> None:
    app = create_app(store, Workspace())
    start(app, list_id="l-1")
    assert start(app, list_id="l-2").json()["has_ongoing_calls"] is True


def test_a_list_that_was_started_is_not_started_again(store: Store) -> None:
    app = create_app(store, Workspace())
    start(app)
    assert answer(start(app)) == (400, {"message": "campaign already started"})
    assert answer(start(app, agent_id="a-2")) == (400, {"message": "campaign already started"})


def test_a_started_list_stays_started_for_the_next_sandbox_on_the_file(tmp_path: Path) -> None:
    with Store(tmp_path / "sandbox.db") as first:
        assert start(create_app(first, Workspace())).status_code == 200
    with Store(tmp_path / "sandbox.db") as second:
        assert start(create_app(second, Workspace())).status_code == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"callback_url": None, "email_completion_user_ids": None},
        {"callback_url": "https://hooks.example.com/x", "email_completion_user_ids": []},
        {"email_completion_user_ids": ["u-1", "u-2"]},
    ],
    ids=["null", "url", "users"],
)
def test_the_optional_fields_are_accepted(store: Store, fields: dict[str, object]) -> None:
    assert start(create_app(store, SEEDED), **fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"agent_id": ""}, "agent_id must be a non-empty string without white space"),
        ({"agent_id": None}, "agent_id must be a non-empty string without white space"),
        ({"list_id": 7}, "list_id must be a non-empty string without white space"),
        ({"list_id": "l 1"}, "list_id must be a non-empty string without white space"),
        ({"list_id": "l\t1"}, "list_id must be a non-empty string without white space"),
        ({"list_id": "\ud800"}, "list_id must be a non-empty string without white space"),
        ({"number_pool_id": []}, "number_pool_id must be a non-empty string without white space"),
        ({"callback_url": 7}, "callback_url must be a string or null"),
        (
            {"email_completion_user_ids": "u-1"},
            "email_completion_user_ids must be an array of ids or null",
        ),
        (
            {"email_completion_user_ids": ["u-1", 7]},
            "email_completion_user_ids must be an array of ids or null",
        ),
        ({"list": "l-1", "\ud800": 1}, "unknown fields: 'list', '\\ud800'"),
    ],
)
def test_a_field_of_the_wrong_shape_is_a_400_that_names_it(
    store: Store, fields: dict[str, object], problem: str
) -> None:
    response = ask(
        create_app(store, Workspace()),
        "POST",
        "/campaign/v2/start",
        content=json.dumps(a_body(**fields)),
    )
    assert answer(response) == (400, {"message": problem})
    assert store.starts() == []


@pytest.mark.parametrize("name", ["agent_id", "list_id", "number_pool_id"])
def test_a_missing_field_is_a_400_that_names_it(store: Store, name: str) -> None:
    body = a_body()
    del body[name]
    response = ask(create_app(store, Workspace()), "POST", "/campaign/v2/start", json=body)
    assert answer(response) == (400, {"message": f"{name} is required"})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "request body is not valid JSON"),
        (b"{", "request body is not valid JSON"),
        (b"\xff\xff", "request body is not valid JSON"),
        (b"[" * 60_000, "request body is not valid JSON"),
        (b"[]", "request body must be a JSON object"),
        (b" " * 65_536 + b"{}", "request body exceeds 65536 bytes"),
    ],
    ids=["empty", "cut off", "no text", "bottomless", "an array", "too big"],
)
def test_a_body_that_is_no_bounded_json_object_is_a_400(
    store: Store, content: bytes, problem: str
) -> None:
    app = create_app(store, Workspace())
    response = ask(app, "POST", "/campaign/v2/start", content=content)
    assert answer(response) == (400, {"message": problem})


def test_a_body_of_just_the_bound_is_accepted(store: Store) -> None:
    content = json.dumps(a_body()).encode().ljust(64 * 1024)
    app = create_app(store, Workspace())
    assert ask(app, "POST", "/campaign/v2/start", content=content).status_code == 200


@pytest.mark.parametrize("workspace", [Workspace(), SEEDED], ids=["default", "seeded"])
@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"agent_id": "unknown-a"}, 400, "invalid agent_id"),
        ({"list_id": "unknown-l"}, 400, "invalid list_id"),
        ({"number_pool_id": "unknown-p"}, 400, "Number pool not found."),
        ({"email_completion_user_ids": ["unknown-u"]}, 404, "User not found in workspace."),
    ],
)
def test_an_id_that_does_not_exist_is_refused_and_nothing_starts(
    store: Store, workspace: Workspace, fields: dict[str, object], status: int, problem: str
) -> None:
    assert answer(start(create_app(store, workspace), **fields)) == (status, {"message": problem})
    assert store.starts() == []


def test_a_list_uploaded_for_another_agent_is_refused(store: Store) -> None:
    assert answer(start(create_app(store, SEEDED), agent_id="a-2")) == (
        400,
        {"message": "invalid agent_id: the list was uploaded for another agent"},
    )


def test_a_list_of_no_agent_in_particular_starts_with_any(store: Store) -> None:
    assert start(create_app(store, SEEDED), list_id="l-2", agent_id="a-2").status_code == 200


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=50)
@given(
    body=st.fixed_dictionaries(
        {"agent_id": st.text() | _JSON, "list_id": st.text() | _JSON, "number_pool_id": st.text()},
        optional={"callback_url": _JSON, "email_completion_user_ids": st.lists(_JSON) | _JSON},
    )
    | _JSON
)
def test_whatever_is_sent_the_answer_is_a_start_or_a_refusal(body: object) -> None:
    with Store(None) as store:
        app = create_app(store, Workspace())
        content = json.dumps(body)
        response = ask(app, "POST", "/campaign/v2/start", content=content)
        assert response.status_code in (200, 400, 404)
        assert len(store.starts()) == (response.status_code == 200)


# --- the lists


def a_row(**fields: object) -> dict[str, object]:
    return {
        "id": "l-1",
        "name": "Diwali",
        "campaign_status": "draft",
        "campaign_start_time": None,
        "campaign_end_time": None,
        "created_at": None,
        "updated_at": None,
        "agent_id": "a-1",
        "total_calls": 98,
        "invalidated_rows_count": 0,
        **fields,
    }


def test_an_empty_workspace_lists_no_campaign(store: Store) -> None:
    assert answer(ask(create_app(store, Workspace()), "GET", "/campaign/all")) == (
        200,
        {"campaigns": [], "pagination": {"total": 0, "limit": 10, "offset": 0}},
    )


def test_a_seeded_list_is_a_draft_until_it_starts_and_keeps_its_place(store: Store) -> None:
    app = create_app(store, SEEDED)
    start(app, list_id="l-2", agent_id="a-2")
    assert ask(app, "GET", "/campaign/all").json()["campaigns"] == [
        a_row(),
        a_row(
            id="l-2",
            name="Holi",
            campaign_status="ongoing",
            campaign_start_time=NOON,
            created_at=NOON,
            updated_at=NOON,
            agent_id="a-2",
            total_calls=0,
        ),
    ]


def test_a_list_started_under_an_earlier_seed_comes_after_those_of_the_seed(store: Store) -> None:
    start(create_app(store, Workspace()), list_id="old")
    campaigns = ask(create_app(store, SEEDED), "GET", "/campaign/all").json()["campaigns"]
    assert [(row["id"], row["campaign_status"]) for row in campaigns] == [
        ("l-1", "draft"),
        ("l-2", "draft"),
        ("old", "ongoing"),
    ]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", range(10)),
        ("limit=5", range(5)),
        ("limit=5&offset=9", range(9, 12)),
        ("offset=10", range(10, 12)),
        ("offset=12", range(0)),
        ("limit=1000", range(12)),
    ],
)
def test_campaigns_come_by_pages_in_the_order_of_their_starts(
    store: Store, query: str, ids: range
) -> None:
    app = create_app(store, Workspace())
    for number in range(12):
        start(app, list_id=f"l-{number}")
    page = ask(app, "GET", f"/campaign/all?{query}").json()
    assert [row["id"] for row in page["campaigns"]] == [f"l-{number}" for number in ids]
    assert page["pagination"]["total"] == 12


@pytest.mark.parametrize(
    "path", ["/campaign/all", "/workspace/users", "/workspace/numbers", "/agent/all"]
)
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=ten", "limit must be a whole number"),
        ("limit=", "limit must be a whole number"),
        ("limit=-1", "limit must be a whole number"),
        ("limit=%D9%A1", "limit must be a whole number"),
        ("limit=0", "limit must be between 1 and 1000"),
        ("limit=1001", "limit must be between 1 and 1000"),
        ("offset=-1", "offset must be a whole number"),
        ("offset=1.5", "offset must be a whole number"),
        ("offset=" + "9" * 5000, "offset must be a whole number"),
    ],
    ids=lambda value: value[:12],
)
def test_a_page_that_is_no_page_is_a_400(store: Store, path: str, query: str, problem: str) -> None:
    response = ask(create_app(store, Workspace()), "GET", f"{path}?{query}")
    assert answer(response) == (400, {"message": problem})


# --- the workspace


@pytest.mark.parametrize(
    ("workspace", "name", "credit"),
    [(Workspace(), "Sandbox", 1000), (SEEDED, "Rehearsal", 12.5)],
    ids=["default", "seeded"],
)
def test_the_workspace_tells_its_id_and_credits_but_not_the_key(
    store: Store, workspace: Workspace, name: str, credit: float
) -> None:
    response = ask(create_app(store, workspace), "GET", "/workspace", key="secret-key")
    info = {"id": workspace.id, "name": name, "credits": credit, "locked_credits": 0}
    assert answer(response) == (200, {"workspace_info": info})
    assert "secret-key" not in response.text


def test_the_users_of_a_seed_are_listed_by_pages(store: Store) -> None:
    app = create_app(store, SEEDED)
    asha = {"id": "u-1", "username": "asha", "email": "asha@example.com", "role": "admin"}
    other = {"id": "u-2", "username": "", "email": "", "role": ""}
    assert ask(app, "GET", "/workspace/users").json() == {"workspace_users": [asha, other]}
    page = ask(app, "GET", "/workspace/users?limit=1&offset=1").json()
    assert page == {"workspace_users": [other]}


def test_the_default_workspace_lists_no_users(store: Store) -> None:
    response = ask(create_app(store, Workspace()), "GET", "/workspace/users")
    assert answer(response) == (200, {"workspace_users": []})


def test_each_pool_of_a_seed_has_a_number_that_is_nobodys(store: Store) -> None:
    app = create_app(store, Workspace(number_pools=("p-1", "p-2")))
    numbers = ask(app, "GET", "/workspace/numbers").json()["workspace_numbers"]
    assert [number["number_pool_id"] for number in numbers] == ["p-1", "p-2"]
    assert [number["number"] for number in numbers] == ["+12025550100", "+12025550101"]
    page = ask(app, "GET", "/workspace/numbers?limit=1&offset=1").json()
    assert page == {"workspace_numbers": numbers[1:]}


def test_the_agents_of_a_seed_are_listed_by_pages(store: Store) -> None:
    app = create_app(store, SEEDED)
    page = ask(app, "GET", "/agent/all?limit=1&offset=1").json()
    assert page["data"] == {"agents": [{"id": "a-2", "agent_display_name": "a-2"}]}


@pytest.mark.parametrize("path", ["/workspace/numbers", "/agent/all"])
def test_the_default_workspace_lists_neither_agents_nor_numbers(store: Store, path: str) -> None:
    response = ask(create_app(store, Workspace()), "GET", path)
    assert (response.status_code, '"id"' in response.text) == (200, False)


# --- refusals of any path


@pytest.mark.parametrize("path", ["/nowhere", "/workspace/", "//workspace"])
def test_an_unknown_path_is_a_404_in_json(store: Store, path: str) -> None:
    response = ask(create_app(store, Workspace()), "GET", path)
    assert answer(response) == (404, {"message": "Not Found"})


def test_a_wrong_method_is_a_405_in_json_that_names_the_right_one(store: Store) -> None:
    response = ask(create_app(store, Workspace()), "GET", "/campaign/v2/start")
    assert answer(response) == (405, {"message": "Method Not Allowed"})
    assert response.headers["Allow"] == "POST"


def a_store_without_its_table(path: Path) -> Store:
    """A store whose every query fails, as after a disk error."""
    store = Store(path)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE starts")
    return store


@pytest.mark.parametrize("style", list(ErrorStyle))
def test_an_unexpected_error_is_a_500_in_json(tmp_path: Path, style: ErrorStyle) -> None:
    with a_store_without_its_table(tmp_path / "sandbox.db") as store:
        app = create_app(store, Workspace(), error_style=style)
        assert answer(start(app)) == (500, {style.value: "Internal server error"})


def test_an_unexpected_error_reaches_the_server_which_logs_it(tmp_path: Path) -> None:
    async def exchange(app: Starlette) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, headers={"X-API-KEY": "k"}) as client:
            await client.get(f"http://sandbox{BASE_PATH}/campaign/all")

    with a_store_without_its_table(tmp_path / "sandbox.db") as store:
        app = create_app(store, Workspace())
        with pytest.raises(OperationalError, match="no such table"):
            asyncio.run(exchange(app))


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/workspace", None, 401),
        ("GET", "/nowhere", "k", 404),
        ("POST", "/workspace", "k", 405),
        ("POST", "/campaign/v2/start", "k", 400),
    ],
)
def test_the_other_error_style_says_detail(
    store: Store, method: str, path: str, key: str | None, status: int
) -> None:
    app = create_app(store, Workspace(), error_style=ErrorStyle.DETAIL)
    response = ask(app, method, path, key=key)
    assert response.status_code == status
    assert list(response.json()) == ["detail"]
