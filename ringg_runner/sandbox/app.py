"""The HTTP side of the sandbox: routes, the key, the order of the checks and the answers.

Owns no state: what exists comes from the workspace, what was started from the store.
"""

import hmac
from dataclasses import asdict, dataclass
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ringg_runner.sandbox.errors import ErrorStyle, error_response
from ringg_runner.sandbox.requests import StartBody, read_page, read_start_body
from ringg_runner.sandbox.store import StartedCampaign, Store
from ringg_runner.sandbox.workspace import ContactList, Workspace

BASE_PATH = "/ca/api/v0"


def create_app(
    store: Store,
    workspace: Workspace,
    *,
    api_key: str | None = None,
    error_style: ErrorStyle = ErrorStyle.MESSAGE,
) -> Starlette:
    """The embedded API under `BASE_PATH`; the caller keeps and closes the store.

    Without `api_key` any non-empty `X-API-KEY` is accepted. Paths, fields and statuses
    follow Ringg's public documentation, and so do the texts where it gives one; nobody documents
    the words of "already started" and "uploaded for another agent".
    """

    async def refused(_request: Request, error: Exception) -> Response:
        return error_response(error_style, cast("HTTPException", error))

    async def broken(_request: Request, _error: Exception) -> Response:
        return error_response(error_style, HTTPException(500, "Internal server error"))

    api = _Api(store, workspace)
    routes = [
        Route(f"{BASE_PATH}/campaign/v2/start", api.start, methods=["POST"]),
        Route(f"{BASE_PATH}/campaign/all", api.campaigns),
        Route(f"{BASE_PATH}/workspace", api.workspace_info),
        Route(f"{BASE_PATH}/workspace/users", api.users),
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
    """Answers 401 to every request without the key, whatever its path."""

    def __init__(self, app: ASGIApp, api_key: str | None, error_style: ErrorStyle) -> None:
        self._app = app
        self._key = None if api_key is None else api_key.encode()
        self._refusal = error_response(error_style, HTTPException(401, "Invalid credentials"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trusted = scope["type"] != "http" or self._accepts(Request(scope))
        await (self._app if trusted else self._refusal)(scope, receive, send)

    def _accepts(self, request: Request) -> bool:
        given = request.headers.get("X-API-KEY", "").encode("latin-1")
        return bool(given) and (self._key is None or hmac.compare_digest(given, self._key))


@dataclass(frozen=True)
class _Api:
    """The endpoints, one method each."""

    store: Store
    workspace: Workspace

    async def start(self, request: Request) -> Response:
        body = await read_start_body(request)
        _check_ids(self.workspace, body)
        # The store may wait for another process; other requests must not wait with it.
        claim = await run_in_threadpool(
            self.store.start,
            list_id=body.list_id,
            agent_id=body.agent_id,
            number_pool_id=body.number_pool_id,
            name=self.workspace.contact_list(body.list_id).name,
        )
        if not claim.registered:
            raise HTTPException(400, "campaign already started")
        return JSONResponse(
            {
                "status": "campaign registered successfully!",
                "has_ongoing_calls": claim.others_ongoing,
            }
        )

    def campaigns(self, request: Request) -> Response:
        page = read_page(request)
        listing = _listing(self.workspace, self.store.campaigns())
        shown = listing[page.offset : page.offset + page.limit]
        return JSONResponse(
            {
                "campaigns": [_campaign_json(listed, started) for listed, started in shown],
                "pagination": {"total": len(listing), "limit": page.limit, "offset": page.offset},
            }
        )

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
        page = read_page(request)
        users = list((self.workspace.users or {}).values())
        shown = users[page.offset : page.offset + page.limit]
        return JSONResponse({"workspace_users": [asdict(user) for user in shown]})


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


def _listing(
    workspace: Workspace, campaigns: list[StartedCampaign]
) -> list[tuple[ContactList, StartedCampaign | None]]:
    """Every list with its campaign: the seed's in its own order, then the rest by start.

    A list keeps its place when it starts, so that a client who pages meanwhile misses none.
    """
    started = {campaign.list_id: campaign for campaign in campaigns}
    seeded = workspace.lists or {}
    ids = [*seeded, *(list_id for list_id in started if list_id not in seeded)]
    return [(workspace.contact_list(list_id), started.get(list_id)) for list_id in ids]


def _campaign_json(listed: ContactList, started: StartedCampaign | None) -> dict[str, Any]:
    return {
        "id": listed.id,
        "name": started.name if started else listed.name,
        "campaign_status": started.status if started else "draft",
        "campaign_start_time": started.started_at if started else None,
        "campaign_end_time": None,
        "created_at": started.created_at if started else None,
        "updated_at": started.started_at if started else None,
        "agent_id": started.agent_id if started else listed.agent_id,
        "total_calls": listed.contacts,
        "invalidated_rows_count": 0,
    }
