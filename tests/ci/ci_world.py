"""A repository with campaigns, those who share it, and an API that counts what it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from build import write
from repositories import VARIABLES, Repository

ROOT = Path(__file__).parents[2]
KEY = "rg_live_0123456789abcdef"
AGENT = "7c7595a7-5094-42b6-90d4-bf07f1e3a083"
OTHER_AGENT = "6c1d1f0e-5a0b-4f0c-8a3e-2b7d9e4c1a55"
POOL = "58f1005f-c3cc-46b2-8564-43f71d3d225a"
DIWALI = "2af24837-4a28-4bd7-9fe8-35bf28e2a172"
WINBACK = "2a6f9c3e-1b4d-4e8f-a7c2-5d8e9f0a1b03"

_PROJECT = """\
version: 1
manifests: [campaigns]
rules: {{unused-alias: off}}
environments:
  production:
    base_url: {url}
    ledger: ${{env.RINGG_LEDGER_URL}}
    agents: {{renewals: {agent}, feedback: {other}}}
    number_pools: {{india: {pool}}}
"""

_MANIFEST = """\
version: 1
name: {name}
agent_id: ${{agents.{agent}}}
list_id: {list_id}
number_pool_id: ${{number_pools.india}}
"""


def a_campaign(name: str, list_id: str, agent: str = "renewals") -> str:
    """The text of a manifest."""
    return _MANIFEST.format(name=name, list_id=list_id, agent=agent)


@dataclass(frozen=True)
class Api:
    """A sandbox that is served on loopback, in which campaigns complete at once.

    So its guard ends at once, too: a second start of a list would call everybody again.
    """

    base_url: str

    def starts(self) -> dict[str, int]:
        """How often each list was really started."""
        url = httpx.URL(self.base_url).join("/sandbox/starts")
        rows = httpx.get(url, trust_env=False).json()["starts"]
        return {row["list_id"]: row["count"] for row in rows}


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Api]:
    """Serve a sandbox that takes one key alone."""
    command = [sys.executable, "-m", "ringg_runner", "sandbox", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--call-seconds", "0", "--api-key", KEY, *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            yield Api(process.stdout.readline().strip())
        finally:
            process.kill()


@dataclass(frozen=True)
class World:
    """The origin, a developer's clone of it, the API, and where the ledger is.

    `reader` is the ledger's address for those who may only look at it.
    """

    folder: Path
    api: Api
    ledger: str
    reader: str

    @classmethod
    def at(cls, folder: Path, api: Api, ledger: str, reader: str | None = None) -> World:
        """Begin with a project file, and no campaign."""
        world = cls(folder, api, ledger, reader or ledger)
        Repository(folder).git(
            "init", "--quiet", "--bare", "--initial-branch=main", str(world.origin)
        )
        developer = Repository.at(world.developer.root)
        developer.git("remote", "add", "origin", str(world.origin))
        project = _PROJECT.format(url=api.base_url, agent=AGENT, other=OTHER_AGENT, pool=POOL)
        world.push("ringg-runner.yaml", project)
        return world

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def developer(self) -> Repository:
        return Repository(self.folder / "developer")

    @property
    def head(self) -> str:
        """The newest commit of main."""
        return Repository(self.origin).git("rev-parse", "main").strip()

    def push(self, path: str, text: str | None, *, branch: str = "main") -> str:
        """Commit a file to a branch, or its removal, and push it; return the commit."""
        developer = self.developer
        if branch != "main":
            developer.git("switch", "--quiet", "--force-create", branch, "main")
        if text is None:
            (developer.root / path).unlink()
        else:
            write(developer.root / path, text)
        commit = developer.commit()
        developer.git("push", "--quiet", "--force", "origin", branch)
        developer.git("switch", "--quiet", "main")
        return commit

    def merge(self, branch: str) -> str:
        """Merge a branch into main, and push that; return the commit."""
        developer = self.developer
        developer.git("merge", "--quiet", "--no-ff", "--message=Merge", branch)
        developer.git("push", "--quiet", "origin", "main")
        return developer.git("rev-parse", "main").strip()

    def propose(self, number: int, branch: str) -> str:
        """Make the commit that a pull request would be merged as, as services do; return it."""
        developer = self.developer
        developer.git("switch", "--quiet", "--detach", "main")
        developer.git("merge", "--quiet", "--no-ff", "--message=Merge", branch)
        commit = developer.git("rev-parse", "HEAD").strip()
        developer.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/merge")
        developer.git("switch", "--quiet", "main")
        return commit

    def clone(self, folder: Path, ref: str, commit: str | None = None) -> None:
        """Check a ref out as CI does, at its newest commit or at this one."""
        Repository(self.folder).git(
            "clone", "--quiet", "--no-checkout", str(self.origin), str(folder)
        )
        clone = Repository(folder)
        clone.git("fetch", "--quiet", "origin", ref)
        clone.git("checkout", "--quiet", "--detach", commit or "FETCH_HEAD")


def bare_environment(home: Path, commands: Path) -> dict[str, str]:
    """What a fresh machine of a CI service has set: no variable of the one that tests run on.

    `commands` is a folder with programs of the service. No Python on PATH knows ringg_runner.
    """
    home.mkdir(parents=True, exist_ok=True)
    ours = {str(Path(sys.executable).parent), os.environ.get("VIRTUAL_ENV", "-") + "/bin"}
    rest = [part for part in os.environ["PATH"].split(os.pathsep) if part not in ours]
    return {
        "CI": "true",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(commands), *rest]),
        **VARIABLES,
    }


def install(folder: Path) -> None:
    """Put ringg-runner, the one that is tested, into a folder of programs."""
    put_command(folder / "ringg-runner", f'"{sys.executable}" -m ringg_runner')


def put_command(path: Path, command: str) -> None:
    """Write a program that is this command of a shell, with its own arguments after it."""
    write(path, f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)
