"""What a client may send: the body of a start and the page of a list.

Owns their shape alone; whether the ids in them exist is for the workspace to say.
A request of the wrong shape becomes an `HTTPException` with status 400.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 64 * 1024
MAX_LIMIT = 1000

_REQUIRED = ("agent_id", "list_id", "number_pool_id")
_OPTIONAL = ("callback_url", "email_completion_user_ids")
_NUMBER = re.compile(r"[0-9]{1,9}")

Row = TypeVar("Row")


@dataclass(frozen=True)
class StartBody:
    """The body of `POST /campaign/v2/start`, with the API's own field names."""

    agent_id: str
    list_id: str
    number_pool_id: str
    callback_url: str | None = None
    email_completion_user_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """The part of a list that a client asks for."""

    limit: int
    offset: int

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows on this page."""
        return rows[self.offset : self.offset + self.limit]


async def read_start_body(request: Request) -> StartBody:
    """The start that the request asks for; raises a 400 that names the field at fault.

    Unknown fields are refused. Ringg may ignore them, but a rehearsal should notice a typing
    error.
    """
    body = _json_object(await _bounded_body(request))
    unknown = sorted(body.keys() - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise _bad_request(f"unknown fields: {', '.join(map(repr, unknown))}")
    return StartBody(
        **{name: _required_id(body, name) for name in _REQUIRED},
        callback_url=_optional_text(body, "callback_url"),
        email_completion_user_ids=_optional_ids(body, "email_completion_user_ids"),
    )


def read_page(request: Request) -> Page:
    """The page named by `limit` (1 to 1000, default 10) and `offset`; raises a 400."""
    page = Page(limit=_number(request, "limit", 10), offset=_number(request, "offset", 0))
    if not 1 <= page.limit <= MAX_LIMIT:
        raise _bad_request(f"limit must be between 1 and {MAX_LIMIT}")
    return page


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _bad_request(f"request body exceeds {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # also undecodable bytes and bottomless nesting
        raise _bad_request("request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise _bad_request("request body must be a JSON object")
    return value


def _required_id(body: dict[str, Any], name: str) -> str:
    if name not in body:
        raise _bad_request(f"{name} is required")
    if not _is_id(body[name]):
        raise _bad_request(f"{name} must be a non-empty string without white space")
    return str(body[name])


def _optional_text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise _bad_request(f"{name} must be a string or null")
    return value


def _optional_ids(body: dict[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(map(_is_id, value)):
        raise _bad_request(f"{name} must be an array of ids or null")
    return tuple(value)


def _is_id(value: object) -> bool:
    # A lone surrogate is legal in JSON and can be neither stored nor sent: it is not printable.
    return isinstance(value, str) and value != "" and value.isprintable() and " " not in value


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text):
        raise _bad_request(f"{name} must be a whole number")
    return int(text)


def _bad_request(text: str) -> HTTPException:
    return HTTPException(400, text)
