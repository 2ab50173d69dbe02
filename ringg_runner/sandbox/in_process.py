"""The sandbox for an httpx client of the same process, without a socket.

Owns what a client sees where the app fails: an error of the app is an answer, a lost answer is not.
"""

import httpx
from starlette.types import ASGIApp

from ringg_runner.sandbox.faults import AnswerLostError


class InProcess(httpx.AsyncBaseTransport):
    """Brings requests to the app, and its answers back.

    A lost answer is the `httpx.RemoteProtocolError` of a server that closed the connection. An
    unexpected error is a 500. Limits on connecting and reading do not apply in here: a client that
    must not wait for a late answer has to bound the whole request.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Takes what `create_app` returns."""
        self._app = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer; raises RemoteProtocolError where there is none."""
        try:
            return await self._app.handle_async_request(request)
        except AnswerLostError:
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            ) from None
