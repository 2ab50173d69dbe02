"""The HTTP side of the sandbox: routes, the key, the order of the checks and the answers.

Owns no state: what exists comes from the workspace, what was started from the store.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ringg_runner.sandbox import listing
from ringg_runner.sandbox.errors import ErrorStyle, error_response
from ringg_runner.sandbox.faults import (
    BEFORE_START,
    Fault,
    FaultKind,
    Faults,
    ListFault,
    spoiled_answer,
)
from ringg_runner.sandbox.requests import StartBody, read_page, read_start_body
from ringg_runner.sandbox.store import Claim, Store
from ringg_runner.sandbox.workspace import Workspace

BASE_PATH = "/ca/api/v0"
STARTS_PATH = "/sandbox/starts"

Sleep = Callable[[float], Awaitable[None]]


def create_app(
    store: Store,
    workspace: Workspace,
    *,
    api_key: str | None = None,
    error_style: ErrorStyle = ErrorStyle.MESSAGE,
    call_seconds: float | None = None,
    faults: Iterable[Fault] = (),
    list_fault: ListFault | None = None,
    fault_seconds: float = 60,
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """The embedded API under `BASE_PATH`; the caller keeps and closes the store.

    Without `api_key` any non-empty `X-API-KEY` is accepted. A campaign completes after
    `call_seconds`; None is never. `STARTS_PATH` is the sandbox's own: it tells how often each list
    was really started, whatever the faults made of the answers.

    A fault that loses an answer raises AnswerLostError, which `serve` and `InProcess` understand.

    Paths, fields and statuses follow Ringg's public documentation, and so do the texts where it
    gives one; nobody documents the words of "already started" and "uploaded for another agent", nor
    the list of agents, which follows other people's code.
    """

    async def refused(_request: Request, error: Exception) -> Response:
        return error_response(error_style, cast("HTTPException", error))

    async def broken(_request: Request, _error: Exception) -> Response:
        return error_response(error_style, HTTPException(500, "Internal server error"))

    api = _Api(store, workspace, call_seconds, Faults(faults, fault_seconds), list_fault, sleep)
    routes = [
        Route(f"{BASE_PATH}/campaign/v2/start", api.start, methods=["POST"]),
        Route(f"{BASE_PATH}/campaign/all", api.campaigns),
        Route(f"{BASE_PATH}/workspace", api.workspace_info),
        Route(f"{BASE_PATH}/workspace/users", api.users),
        Route(f"{BASE_PATH}/workspace/numbers", api.numbers),
        Route(f"{BASE_PATH}/agent/all", api.agents),
        Route(STARTS_PATH, api.starts),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(_KeyRequired, api_key=api_key, error_style=error_style)],
        exception_handlers={HTTPException: refused, Exception: broken},
    )
    # A client with a key must not follow redirects, so a stray slash is a plain 404.
    app.router.redirect_slashes = False
    return app


class _KeyRequired:
    """Answers 401 to every request without the key, whatever its path.

    Only `STARTS_PATH` is open: it is not Ringg's, it tells no secret, and who tests what a wrong
    key does wants to know there too what was started.
    """

    def __init__(self, app: ASGIApp, api_key: str | None, error_style: ErrorStyle) -> None:
        self._app = app
        self._key = None if api_key is None else api_key.encode()
        self._refusal = error_response(error_style, HTTPException(401, "Invalid credentials"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        open_to_all = scope["type"] != "http" or scope["path"] == STARTS_PATH
        trusted = open_to_all or self._accepts(Request(scope))
        await (self._app if trusted else self._refusal)(scope, receive, send)

    def _accepts(self, request: Request) -> bool:
        given = request.headers.get("X-API-KEY", "").encode("latin-1")
        return bool(given) and (self._key is None or hmac.compare_digest(given, self._key))


@dataclass(frozen=True)
class _Api:
    """The endpoints, one method each."""

    store: Store
    workspace: Workspace
    call_seconds: float | None
    faults: Faults
    list_fault: ListFault | None
    sleep: Sleep
    answers: Iterator[int] = field(default_factory=count)

    async def start(self, request: Request) -> Response:
        body = await read_start_body(request)
        _check_ids(self.workspace, body)
        fault = self.faults.of_start(body.list_id)
        if fault in BEFORE_START:
            return spoiled_answer(fault)
        claim = await self._claim(body)
        if fault is FaultKind.LATE:
            await self._delay(request)
        elif fault:
            return spoiled_answer(fault)
        if not claim.registered:
            raise HTTPException(400, "campaign already started")
        return JSONResponse(
            {
                "status": "campaign registered successfully!",
                "has_ongoing_calls": claim.others_ongoing,
            }
        )

    async def _claim(self, body: StartBody) -> Claim:
        # The store may wait for another process; other requests must not wait with it.
        return await run_in_threadpool(
            self.store.start,
            list_id=body.list_id,
            agent_id=body.agent_id,
            number_pool_id=body.number_pool_id,
            name=self.workspace.contact_list(body.list_id).name,
            preparing_seconds=self.faults.preparing_seconds(body.list_id),
            call_seconds=self.call_seconds,
        )

    async def _delay(self, request: Request) -> None:
        """Waits as long as a late answer takes, or until nobody waits for it any more."""
        waits = (
            asyncio.ensure_future(self.sleep(self.faults.seconds)),
            asyncio.ensure_future(_disconnected(request)),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def campaigns(self, request: Request) -> Response:
        page = read_page(request)
        starts = await run_in_threadpool(self.store.starts, self.call_seconds)
        rows = listing.rows(self.workspace, starts, self.faults, self.store.now())
        return JSONResponse(listing.document(rows, page, self.list_fault, next(self.answers)))

    async def starts(self, _request: Request) -> Response:
        started = listing.by_list(await run_in_threadpool(self.store.starts))
        counts = [
            {
                "list_id": list_id,
                "count": len(starts),
                "at": [start.started_at.isoformat(timespec="microseconds") for start in starts],
            }
            for list_id, starts in started.items()
        ]
        return JSONResponse({"starts": counts})

    def workspace_info(self, _request: Request) -> Response:
        # Ringg's answer also echoes the key. Ours does not: no log should be able to hold it.
        info = {
            "id": self.workspace.id,
            "name": self.workspace.name,
            "credits": self.workspace.credits,
            "locked_credits": 0,
        }
        return JSONResponse({"workspace_info": info})

    def users(self, request: Request) -> Response:
        users = [asdict(user) for user in (self.workspace.users or {}).values()]
        return JSONResponse({"workspace_users": read_page(request).of(users)})

    def numbers(self, request: Request) -> Response:
        numbers = [
            _number(pool, index) for index, pool in enumerate(self.workspace.number_pools or ())
        ]
        return JSONResponse({"workspace_numbers": read_page(request).of(numbers)})

    def agents(self, request: Request) -> Response:
        agents = [{"id": id_, "agent_display_name": id_} for id_ in self.workspace.agents or ()]
        return JSONResponse(
            {"status": "success", "data": {"agents": read_page(request).of(agents)}}
        )


def _number(pool: str, index: int) -> dict[str, object]:
    """The one number of a pool: of those that are set aside for stories, so nobody's."""
    return {
        "id": f"number-{index + 1}",
        "number": f"+1202555{100 + index % 100:04}",
        "is_spam": False,
        "is_test_number": False,
        "number_pool_id": pool,
    }


def _check_ids(workspace: Workspace, body: StartBody) -> None:
    if not workspace.has_agent(body.agent_id):
        raise HTTPException(400, "invalid agent_id")
    if not workspace.has_list(body.list_id):
        raise HTTPException(400, "invalid list_id")
    if not workspace.has_number_pool(body.number_pool_id):
        raise HTTPException(400, "Number pool not found.")
    if workspace.contact_list(body.list_id).agent_id not in (None, body.agent_id):
        raise HTTPException(400, "invalid agent_id: the list was uploaded for another agent")
    if not all(map(workspace.has_user, body.email_completion_user_ids)):
        raise HTTPException(404, "User not found in workspace.")


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
