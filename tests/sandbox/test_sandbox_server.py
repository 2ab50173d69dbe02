"""The sandbox over a real socket, in this process and in one of its own, until a signal."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ringg_runner.sandbox import (
    BASE_PATH,
    AnswerLostError,
    Store,
    Workspace,
    bind,
    create_app,
    serve,
)

HEADERS = {"X-API-KEY": "k"}
BODY = {"agent_id": "a-1", "list_id": "l-1", "number_pool_id": "p-1"}
SERVER = """
import sys
from pathlib import Path
from ringg_runner.sandbox import Store, Workspace, bind, create_app, serve

with Store(Path(sys.argv[1])) as store, bind(0) as sock:
    print(sock.getsockname()[1], flush=True)
    try:
        serve(create_app(store, Workspace()), sock)
    except KeyboardInterrupt:
        sys.exit(130)
print("closed")
"""


@contextmanager
def a_served_sandbox(file: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            base = f"http://127.0.0.1:{int(process.stdout.readline())}{BASE_PATH}"
            with httpx.Client(base_url=base, headers=HEADERS, trust_env=False) as client:
                yield process, client
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGTERM, 0, "closed\n"), (signal.SIGINT, 130, "")],
    ids=["SIGTERM", "SIGINT"],
)
def test_a_signal_ends_the_process_in_order_and_what_was_started_stays(
    tmp_path: Path, number: signal.Signals, status: int, said: str
) -> None:
    file = tmp_path / "sandbox.db"
    with a_served_sandbox(file) as (process, client):
        assert client.post("/campaign/v2/start", json=BODY).status_code == 200
        process.send_signal(number)
        assert ended(process) == (status, said, "")
    with Store(file) as store:
        assert [start.list_id for start in store.starts()] == ["l-1"]


def test_an_unexpected_error_is_logged_with_its_traceback_and_without_the_key(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sandbox.db"
    with a_served_sandbox(file) as (process, client):
        assert client.get("/campaign/all").status_code == 200
        with Store(file) as store, store._engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE starts")
        answer = client.get("/campaign/all", headers={"X-API-KEY": "secret-key"})
        assert (answer.status_code, answer.json()) == (500, {"message": "Internal server error"})
        process.send_signal(signal.SIGTERM)
        status, _, err = ended(process)
    assert status == 0
    assert "Traceback" in err
    assert "no such table: starts" in err
    assert "secret-key" not in err


def test_two_sandboxes_on_one_file_start_a_list_once(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    with a_served_sandbox(file) as (_, one), a_served_sandbox(file) as (_, other):
        answers = [client.post("/campaign/v2/start", json=BODY) for client in (one, other)]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json() == {"message": "campaign already started"}


def test_any_free_port_of_the_loopback_is_bound() -> None:
    with bind(0) as sock:
        host, port = sock.getsockname()
    assert host == "127.0.0.1"
    assert port > 0


def test_a_port_in_use_is_an_os_error() -> None:
    with bind(0) as sock, pytest.raises(OSError, match="in use"):
        bind(sock.getsockname()[1])


def signalling(number: signal.Signals) -> ASGIApp:
    """An app in the middle of whose answer the process receives a signal."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        signal.raise_signal(number)
        await PlainTextResponse("finished")(scope, receive, send)

    return app


def a_request_to(sock: socket.socket) -> socket.socket:
    """A connection whose request waits for the server to begin."""
    client = socket.create_connection(sock.getsockname())
    client.sendall(b"GET / HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n")
    return client


def read_all(client: socket.socket) -> bytes:
    with client.makefile("rb") as stream:
        return stream.read()


def test_sigterm_returns_after_the_running_request_and_restores_the_handler() -> None:
    before = signal.getsignal(signal.SIGTERM)
    sock = bind(0)
    with a_request_to(sock) as client:
        serve(signalling(signal.SIGTERM), sock)
        assert read_all(client).endswith(b"finished")
    assert signal.getsignal(signal.SIGTERM) is before
    assert sock.fileno() == -1


def test_sigint_is_a_keyboard_interrupt_after_the_running_request() -> None:
    sock = bind(0)
    with a_request_to(sock) as client:
        with pytest.raises(KeyboardInterrupt):
            serve(signalling(signal.SIGINT), sock)
        assert read_all(client).endswith(b"finished")
    assert sock.fileno() == -1


def test_a_request_sent_before_the_server_runs_is_answered(tmp_path: Path) -> None:
    with Store(tmp_path / "sandbox.db") as store:
        app = create_app(store, Workspace())

        async def once(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)
            signal.raise_signal(signal.SIGTERM)

        sock = bind(0)
        with a_request_to(sock) as client:
            serve(once, sock)
            assert read_all(client).startswith(b"HTTP/1.1 401 Unauthorized\r\n")


@pytest.mark.parametrize("reads", [True, False], ids=["body read", "body not read"])
def test_a_lost_answer_ends_the_connection_without_a_byte_and_without_a_complaint(
    reads: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def losing(scope: Scope, receive: Receive, send: Send) -> None:
        if reads:
            assert (await receive())["type"] == "http.request"
        signal.raise_signal(signal.SIGTERM)
        raise AnswerLostError

    sock = bind(0)
    with a_request_to(sock) as client:
        serve(losing, sock)
        assert read_all(client) == b""
    assert caplog.messages == []
