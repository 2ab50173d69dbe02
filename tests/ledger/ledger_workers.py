"""What other processes do to a ledger in tests; each function is the whole life of a process."""

from __future__ import annotations

import os
import pwd
import resource
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from ledger_build import MINE, NOW, a_key, a_run, claim

from ringg_runner.ledger import Claim, Event, LedgerError, open_ledger
from ringg_runner.ledger.addresses import SqliteAddress, parse_address
from ringg_runner.ledger.engines import WAIT_SECONDS, Database
from ringg_runner.ledger.pen import Pen
from ringg_runner.ledger.postgres import PostgresDatabase
from ringg_runner.ledger.sqlite import SqliteDatabase

SPAWN = get_context("spawn")
PATIENCE_SECONDS = 60


@contextmanager
def another_process(
    work: Callable[..., None], *arguments: Any
) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process that runs `work(connection, *arguments)`; killed where it still runs at the end."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=work, args=(there, *arguments))
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()


def hear(connection: Connection) -> Any:
    """What another process says next."""
    assert connection.poll(PATIENCE_SECONDS)
    return connection.recv()


def database_of(url: str, wait: float = WAIT_SECONDS) -> Database:
    """The bare database of a ledger."""
    address = parse_address(url)
    if isinstance(address, SqliteAddress):
        return SqliteDatabase(address, create=False, wait=wait)
    return PostgresDatabase(address, wait=wait)


@contextmanager
def writing(url: str) -> Iterator[Pen]:
    """Write by the ledger's own means, but whatever a test likes."""
    database = database_of(url)
    try:
        with database.writing() as connection:
            pen = Pen(connection)
            yield pen
            pen.put_down()
    finally:
        database.close()


def claim_everything(
    connection: Connection, url: str, number: int, count: int, barrier: Barrier
) -> None:
    """Open the ledger and claim all lists, at the same moment as others do."""
    barrier.wait(PATIENCE_SECONDS)
    with open_ledger(url) as ledger:
        run = a_run(f"run-{number}")
        mine = [n for n in range(count) if isinstance(claim(ledger, a_key(str(n)), run), Claim)]
    connection.send(mine)


def claim_without_end(connection: Connection, url: str) -> None:
    """Claim one list after the other, and say so after each."""
    with open_ledger(url) as ledger:
        for number in range(1_000_000):
            claim(ledger, a_key(str(number)))
            connection.send(number)


def hang_in_a_write(connection: Connection, url: str) -> None:
    """Write half of what a claim writes, and stop there."""
    with closing(database_of(url)) as database, database.writing() as transaction:
        pen = Pen(transaction)
        pen.append(a_key("half"), MINE, Event.CLAIMED, {}, NOW)
        pen.put_down()
        connection.send("written, not committed")
        connection.recv()


def claim_until_full(connection: Connection, url: str, limit: int) -> None:
    """Claim until no file may grow further; send the claimed lists and the error."""
    claimed: list[str] = []
    with open_ledger(url) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            while True:
                claim(ledger, a_key(str(len(claimed))), request={"text": "x" * 1000})
                claimed.append(str(len(claimed)))
        except LedgerError as error:
            connection.send((claimed, str(error), error.hint))


def claim_without_the_right(connection: Connection, path: Path) -> None:
    """Claim as a user who may not write there."""
    if os.geteuid() == 0:
        other = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(other.pw_gid)
        os.setuid(other.pw_uid)
    try:
        with open_ledger(path) as ledger:
            claim(ledger)
        connection.send(None)
    except LedgerError as error:
        connection.send((str(error), error.hint))
