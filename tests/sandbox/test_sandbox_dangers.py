"""The dangers that the sandbox shows: second starts, spoiled answers and a list that misleads."""

import asyncio
import json
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from ringg_runner.sandbox import (
    BASE_PATH,
    STARTS_PATH,
    AnswerLostError,
    ErrorStyle,
    InProcess,
    ListFault,
    Store,
    Workspace,
    create_app,
    parse_fault,
)
from ringg_runner.sandbox.workspace import ContactList

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
REGISTERED = {"status": "campaign registered successfully!", "has_ongoing_calls": False}
ALREADY = {"message": "campaign already started"}


class Clock:
    """A clock that goes on when it is told to, or when somebody sleeps by it."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def after(self, seconds: float) -> None:
        self.now = NOON + timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store(tmp_path / "sandbox.db", clock) as store:
        yield store


def an_app(
    store: Store, *faults: str, workspace: Workspace | None = None, **options: Any
) -> Starlette:
    return create_app(store, workspace or Workspace(), faults=map(parse_fault, faults), **options)


def ask(app: Starlette, method: str, path: str, **options: Any) -> httpx.Response:
    async def exchange() -> httpx.Response:
        async with httpx.AsyncClient(transport=InProcess(app)) as client:
            return await client.request(method, f"http://sandbox{path}", **options)

    return asyncio.run(exchange())


def start(app: Starlette, list_id: str = "l-1", **fields: str) -> httpx.Response:
    body = {"agent_id": "a-1", "list_id": list_id, "number_pool_id": "p-1", **fields}
    path = f"{BASE_PATH}/campaign/v2/start"
    return ask(app, "POST", path, json=body, headers={"X-API-KEY": "k"})


def listing(app: Starlette, query: str = "") -> httpx.Response:
    path = f"{BASE_PATH}/campaign/all?{query}"
    return ask(app, "GET", path, headers={"X-API-KEY": "k"})


def rows(app: Starlette) -> list[dict[str, Any]]:
    return list(listing(app).json()["campaigns"])


def statuses(app: Starlette) -> dict[str, str]:
    return {row["id"]: row["campaign_status"] for row in rows(app)}


def times_started(app: Starlette) -> dict[str, int]:
    counts = ask(app, "GET", STARTS_PATH).json()["starts"]
    return {each["list_id"]: each["count"] for each in counts}


def answer(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


# --- completion


def test_a_campaign_is_ongoing_for_its_calls_and_then_completed(store: Store, clock: Clock) -> None:
    app = an_app(store, call_seconds=90)
    start(app)
    (ongoing,) = rows(app)
    assert ongoing["campaign_status"] == "ongoing"
    assert ongoing["campaign_end_time"] is None
    clock.after(3600)
    (completed,) = rows(app)
    assert completed == ongoing | {
        "campaign_status": "completed",
        "campaign_end_time": "2026-12-01T12:01:30+00:00",
        "updated_at": "2026-12-01T12:01:30+00:00",
    }


def test_a_completed_campaign_is_started_again_by_a_second_start(
    store: Store, clock: Clock
) -> None:
    app = an_app(store, call_seconds=90)
    assert answer(start(app)) == (200, REGISTERED)
    assert answer(start(app)) == (400, ALREADY)
    clock.after(90)
    assert answer(start(app, agent_id="a-2")) == (200, REGISTERED)
    assert times_started(app) == {"l-1": 2}
    (row,) = rows(app)
    assert row["campaign_status"] == "ongoing"
    assert row["campaign_end_time"] is None
    assert row["agent_id"] == "a-2"
    assert row["created_at"] == "2026-12-01T12:00:00+00:00"
    assert row["campaign_start_time"] == row["updated_at"] == "2026-12-01T12:01:30+00:00"


def test_a_campaign_without_calls_completes_at_once(store: Store) -> None:
    app = an_app(store, call_seconds=0)
    assert [start(app).status_code for _ in range(3)] == [200] * 3
    assert times_started(app) == {"l-1": 3}
    assert statuses(app) == {"l-1": "completed"}


def test_by_default_a_campaign_never_completes(store: Store, clock: Clock) -> None:
    app = an_app(store)
    start(app)
    clock.after(10**9)
    assert answer(start(app)) == (400, ALREADY)
    assert statuses(app) == {"l-1": "ongoing"}


def test_a_completed_campaign_is_none_of_the_ongoing_calls(store: Store, clock: Clock) -> None:
    app = an_app(store, call_seconds=90)
    start(app, "l-1")
    assert start(app, "l-2").json()["has_ongoing_calls"] is True
    clock.after(90)
    assert start(app, "l-3").json()["has_ongoing_calls"] is False


# --- the sandbox's own count


def test_the_starts_are_counted_with_their_moments(store: Store, clock: Clock) -> None:
    app = an_app(store, call_seconds=1)
    start(app, "l-2")
    clock.after(0.25)
    start(app, "l-1")
    clock.after(1.5)
    start(app, "l-2")
    start(app, "l-2")
    assert answer(ask(app, "GET", STARTS_PATH)) == (
        200,
        {
            "starts": [
                {
                    "list_id": "l-2",
                    "count": 2,
                    "at": ["2026-12-01T12:00:00.000000+00:00", "2026-12-01T12:00:01.500000+00:00"],
                },
                {"list_id": "l-1", "count": 1, "at": ["2026-12-01T12:00:00.250000+00:00"]},
            ]
        },
    )


def test_the_count_needs_no_key_and_is_no_part_of_the_api(store: Store) -> None:
    app = an_app(store, api_key="right")
    assert answer(ask(app, "GET", STARTS_PATH)) == (200, {"starts": []})
    assert ask(app, "GET", f"{STARTS_PATH}/").status_code == 401
    assert ask(app, "POST", STARTS_PATH).status_code == 405
    key = {"X-API-KEY": "right"}
    assert ask(app, "GET", f"{BASE_PATH}{STARTS_PATH}", headers=key).status_code == 404


# --- faults of a start


@pytest.mark.parametrize(
    ("kind", "status", "body", "started"),
    [
        ("fail-before", 500, {"message": "Internal server error"}, {}),
        ("fail-after", 500, {"message": "Internal server error"}, {"l-1": 1}),
        ("throttled", 429, {"message": "Too many requests"}, {}),
        ("conflict", 409, {"message": "The same request is being processed"}, {}),
    ],
)
def test_a_fault_that_answers_with_an_error(
    store: Store, kind: str, status: int, body: dict[str, str], started: dict[str, int]
) -> None:
    app = an_app(store, f"{kind}:l-1:1")
    assert answer(start(app)) == (status, body)
    assert times_started(app) == started
    assert start(app).status_code == (400 if started else 200)
    assert times_started(app) == {"l-1": 1}


def test_a_throttled_start_says_when_to_come_back(store: Store) -> None:
    assert start(an_app(store, "throttled:l-1")).headers["Retry-After"] == "1"


def test_an_error_of_a_fault_has_the_chosen_style(store: Store) -> None:
    app = an_app(store, "fail-before:l-1", error_style=ErrorStyle.DETAIL)
    assert answer(start(app)) == (500, {"detail": "Internal server error"})


def test_a_start_answered_with_html_has_started(store: Store) -> None:
    app = an_app(store, "html:l-1")
    response = start(app)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<!doctype html>")
    assert times_started(app) == {"l-1": 1}


LOST = pytest.mark.parametrize(
    ("kind", "started"), [("lost", {"l-1": 1}), ("lost-before", {})], ids=["lost", "lost-before"]
)


@LOST
def test_a_lost_answer_looks_in_process_as_it_does_on_the_network(
    store: Store, kind: str, started: dict[str, int]
) -> None:
    app = an_app(store, f"{kind}:l-1")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response") as caught:
        start(app)
    assert caught.value.request.url.path == f"{BASE_PATH}/campaign/v2/start"
    assert times_started(app) == started


@LOST
@pytest.mark.parametrize("raises", [True, False])
def test_no_layer_of_the_app_or_of_httpx_makes_an_answer_of_a_lost_one(
    store: Store, kind: str, started: dict[str, int], raises: bool
) -> None:
    async def exchange(app: Starlette) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=raises)
        async with httpx.AsyncClient(transport=transport, headers={"X-API-KEY": "k"}) as client:
            body = {"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1"}
            await client.post(f"http://sandbox{BASE_PATH}/campaign/v2/start", json=body)

    app = an_app(store, f"{kind}:l-1")
    with pytest.raises(AnswerLostError):
        asyncio.run(exchange(app))
    assert times_started(app) == started


def test_an_unexpected_error_is_a_500_in_process(store: Store) -> None:
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE starts")
    assert answer(start(an_app(store))) == (500, {"message": "Internal server error"})


def test_a_late_answer_is_the_right_one_after_its_time(store: Store, clock: Clock) -> None:
    app = an_app(store, "late:l-1", fault_seconds=90, sleep=clock.sleep)
    assert answer(start(app)) == (200, REGISTERED)
    assert answer(start(app)) == (400, ALREADY)
    assert clock.slept == [90, 90]
    assert rows(app)[0]["campaign_start_time"] == "2026-12-01T12:00:00+00:00"


def test_a_client_that_gives_up_a_late_answer_has_started_and_leaves_nobody_asleep(
    store: Store,
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    app = an_app(store, "late:l-1", sleep=sleep)

    async def exchange() -> None:
        async with httpx.AsyncClient(
            transport=InProcess(app), headers={"X-API-KEY": "k"}
        ) as client:
            body = {"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1"}
            url = f"http://sandbox{BASE_PATH}/campaign/v2/start"
            request = asyncio.create_task(client.post(url, json=body))
            await began.wait()
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            await ended.wait()

    asyncio.run(exchange())
    assert times_started(app) == {"l-1": 1}


def test_the_wait_of_a_late_answer_ends_when_its_client_leaves(store: Store) -> None:
    async def for_ever(_seconds: float) -> None:
        await asyncio.Event().wait()

    body = json.dumps({"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1"}).encode()
    # A server may say twice that the body has ended.
    bodies: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": False} for part in (body, b"")
    ]
    incoming = iter([*bodies, {"type": "http.disconnect"}])
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{BASE_PATH}/campaign/v2/start",
        "headers": [(b"x-api-key", b"k")],
    }

    async def receive() -> MutableMapping[str, Any]:
        return next(incoming)

    async def send(_message: MutableMapping[str, Any]) -> None:
        """Send to nobody, as a server does once the client is gone."""

    app = an_app(store, "late:l-1", sleep=for_ever)
    asyncio.run(asyncio.wait_for(app(scope, receive, send), timeout=30))
    assert next(incoming, None) is None
    assert times_started(app) == {"l-1": 1}


def test_a_start_that_is_no_start_uses_up_no_fault(store: Store) -> None:
    app = an_app(store, "fail-before:unknown-l", "fail-before:l-1:1")
    assert answer(start(app, "unknown-l")) == (400, {"message": "invalid list_id"})
    assert start(app, agent_id="unknown-a").status_code == 400
    assert [start(app).status_code for _ in range(2)] == [500, 200]


def test_other_lists_are_left_alone(store: Store) -> None:
    app = an_app(store, "fail-after:l-1")
    assert start(app, "l-2").status_code == 200


def test_a_campaign_in_preparation_is_started_again_by_a_second_start(
    store: Store, clock: Clock
) -> None:
    app = an_app(store, "preparing:l-1:2", fault_seconds=30)
    assert answer(start(app)) == (200, REGISTERED)
    assert statuses(app) == {"l-1": "preparing"}
    assert start(app, "l-2").json()["has_ongoing_calls"] is False
    clock.after(29.9)
    assert start(app).status_code == 200
    assert times_started(app) == {"l-1": 2, "l-2": 1}
    clock.after(30)
    assert statuses(app)["l-1"] == "ongoing"
    assert start(app).status_code == 400


def test_the_time_of_preparation_is_no_part_of_the_calls(store: Store, clock: Clock) -> None:
    app = an_app(store, "preparing:l-1", fault_seconds=30, call_seconds=60)
    start(app)
    seen = []
    for seconds in (0, 30, 89, 90):
        clock.after(seconds)
        seen.append(rows(app)[0]["campaign_status"])
    assert seen == ["preparing", "ongoing", "ongoing", "completed"]
    assert rows(app)[0]["campaign_end_time"] == "2026-12-01T12:01:30+00:00"


def test_a_fault_of_the_answer_and_one_of_the_course_go_together(store: Store) -> None:
    app = an_app(store, "preparing:l-1", "fail-after:l-1:1")
    assert [start(app).status_code for _ in range(2)] == [500, 200]
    assert times_started(app) == {"l-1": 2}
    assert statuses(app) == {"l-1": "preparing"}


# --- faults of the list


def test_a_hidden_list_is_never_shown_and_not_counted(store: Store) -> None:
    lists = {name: ContactList(name, name) for name in ("l-1", "l-2")}
    world = Workspace(agents=("a-1",), number_pools=("p-1",), lists=lists)
    app = an_app(store, "hidden:l-1", workspace=world)
    start(app, "l-1")
    assert statuses(app) == {"l-2": "draft"}
    assert listing(app).json()["pagination"]["total"] == 1
    assert times_started(app) == {"l-1": 1}


def test_a_list_hidden_for_some_answers_comes_to_light(store: Store) -> None:
    app = an_app(store, "hidden:*:2")
    start(app)
    assert [statuses(app) for _ in range(3)] == [{}, {}, {"l-1": "ongoing"}]


def test_a_lagging_list_is_a_draft_before_its_start_and_for_a_while_after_it(
    store: Store, clock: Clock
) -> None:
    app = an_app(store, "lagging:l-1", fault_seconds=10)
    start(app, "l-0")
    before, _ = rows(app)
    assert (before["id"], before["campaign_status"]) == ("l-1", "draft")
    assert start(app, "l-1").status_code == 200
    clock.after(9.9)
    assert rows(app)[0] == before
    assert start(app, "l-1").status_code == 400
    clock.after(10)
    assert statuses(app) == {"l-1": "ongoing", "l-0": "ongoing"}


def test_after_a_second_start_a_lagging_list_shows_the_first_for_a_while(
    store: Store, clock: Clock
) -> None:
    app = an_app(store, "lagging:l-1", fault_seconds=10, call_seconds=5)
    start(app)
    clock.after(60)
    assert start(app).status_code == 200
    clock.after(61)
    (row,) = rows(app)
    assert row["campaign_status"] == "completed"
    assert row["campaign_start_time"] == "2026-12-01T12:00:00+00:00"
    clock.after(70)
    assert rows(app)[0]["campaign_start_time"] == "2026-12-01T12:01:00+00:00"


def test_where_every_list_lags_those_that_nobody_named_appear_with_their_start(
    store: Store, clock: Clock
) -> None:
    app = an_app(store, "lagging:*", fault_seconds=10)
    assert statuses(app) == {}
    start(app)
    assert statuses(app) == {"l-1": "draft"}
    clock.after(10)
    assert statuses(app) == {"l-1": "ongoing"}


def test_the_times_of_a_lag_are_the_answers_that_it_falsified(store: Store) -> None:
    app = an_app(store, "lagging:l-1:2")
    seen = [statuses(app)]
    start(app)
    seen += [statuses(app) for _ in range(3)]
    assert seen == [{"l-1": "draft"}] * 3 + [{"l-1": "ongoing"}]


def test_a_lagging_list_that_does_not_exist_is_not_shown(store: Store) -> None:
    assert statuses(an_app(store, "lagging:unknown-l")) == {}


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("unreadable", 403, {"message": "Forbidden"}),
        ("missing", 404, {"message": "Not Found"}),
        ("shape", 200, {"data": {"items": []}}),
        ("shuffled", 200, {"campaigns": [], "pagination": {"total": 0, "limit": 10, "offset": 0}}),
    ],
)
def test_a_fault_of_the_whole_list_spoils_nothing_else(
    store: Store, fault: str, status: int, body: dict[str, Any]
) -> None:
    app = an_app(store, list_fault=ListFault(fault))
    assert answer(listing(app)) == (status, body)
    assert answer(start(app)) == (200, REGISTERED)
    assert ask(app, "GET", f"{BASE_PATH}/workspace", headers={"X-API-KEY": "k"}).status_code == 200


@pytest.mark.parametrize("fault", list(ListFault))
def test_a_page_that_is_no_page_is_a_400_whatever_the_fault(store: Store, fault: ListFault) -> None:
    assert listing(an_app(store, list_fault=fault), "limit=0").status_code == 400


def test_another_shape_holds_the_same_rows(store: Store) -> None:
    app = an_app(store, list_fault=ListFault.SHAPE)
    start(app)
    assert [row["id"] for row in listing(app).json()["data"]["items"]] == ["l-1"]


LISTS = tuple(f"l-{number}" for number in range(6))


@pytest.fixture
def shuffled(store: Store) -> Starlette:
    lists = {list_id: ContactList(list_id, list_id) for list_id in LISTS}
    return an_app(store, workspace=Workspace(lists=lists), list_fault=ListFault.SHUFFLED)


def pages(app: Starlette, limit: int, number: int) -> list[dict[str, Any]]:
    return [listing(app, f"limit={limit}&offset={limit * page}").json() for page in range(number)]


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["campaigns"]]


def test_a_shuffled_list_misses_some_rows_and_repeats_others_over_its_pages(
    shuffled: Starlette,
) -> None:
    seen = [list_id for page in pages(shuffled, 2, 3) for list_id in ids(page)]
    assert len(seen) == len(LISTS)
    assert set(seen) < set(LISTS)


def test_a_shuffled_list_has_another_order_and_total_in_each_answer(shuffled: Starlette) -> None:
    answers = [listing(shuffled).json() for _ in range(6)]
    assert len({tuple(ids(each)) for each in answers}) == 6
    assert [each["pagination"]["total"] for each in answers] == [6, 7, 5, 6, 7, 5]
    for each in answers:
        assert len(ids(each)) == 6
        assert len(set(ids(each))) == 5


def test_who_reads_a_shuffled_list_often_enough_sees_every_row(shuffled: Starlette) -> None:
    seen = {list_id for page in pages(shuffled, 6, 1) for list_id in ids(page)}
    for _ in range(2):
        seen |= set(ids(listing(shuffled).json()))
    assert seen == set(LISTS)


def test_a_shuffled_page_of_one_row_repeats_nothing_within_it(shuffled: Starlette) -> None:
    assert [ids(page) for page in pages(shuffled, 1, 2)] == [["l-0"], ["l-5"]]
