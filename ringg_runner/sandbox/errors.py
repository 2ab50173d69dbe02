"""What the sandbox answers when it refuses.

Owns the shape of an error body; which request deserves which status is decided elsewhere.
"""

from enum import StrEnum

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse


class ErrorStyle(StrEnum):
    """The field that carries the text of an error: Ringg's documentation shows both."""

    MESSAGE = "message"
    DETAIL = "detail"


def error_response(style: ErrorStyle, error: HTTPException) -> JSONResponse:
    """The answer with the status and headers of `error` whose body says its text."""
    return JSONResponse({style.value: error.detail}, error.status_code, error.headers)
