"""Real processes that apply real manifests: how they are set up, and how they are started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build import a_manifest, a_project_file, write

COUNT = 200
KEY = "rg_live_0123456789abcdef"
TIME_LIMIT = 1
LEASE = 4 * TIME_LIMIT
"""The shortest that this time limit allows: a killed run's claim is open after that."""

_GITHUB = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
_OURS = ("RINGG_API_KEY", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "CI", *_GITHUB)


def list_ids(count: int = COUNT) -> list[str]:
    return [f"list-{number:04}" for number in range(count)]


@dataclass(frozen=True)
class Workplace:
    """A folder with a manifest for each list, and a project file that names the server."""

    folder: Path

    def apply(self, *options: str) -> subprocess.Popen[str]:
        """Start to apply everything, as CI does."""
        command = [sys.executable, "-W", "error", "-m", "ringg_runner", "apply", "--yes"]
        limits = ["--timeout", f"{TIME_LIMIT}", "--settle", "1", "--lease", f"{LEASE}"]
        environ = {name: value for name, value in os.environ.items() if name not in _OURS}
        return subprocess.Popen(
            [*command, *limits, *options],
            cwd=self.folder,
            env=environ | {"RINGG_API_KEY": KEY},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def ledger(self) -> Path:
        return self.folder / ".ringg-runner" / "ledger.db"


@dataclass(frozen=True)
class Told:
    """What a process said at its end."""

    code: int
    summary: dict[str, int]
    campaigns: Sequence[dict[str, Any]]
    err: str


def told_by(process: subprocess.Popen[str]) -> Told:
    """Wait for a process that was asked for JSON, and return what it told."""
    out, err = process.communicate(timeout=300)
    assert out, err
    document = json.loads(out)
    return Told(process.returncode, document["summary"], document["campaigns"], err)


def a_workplace(
    folder: Path, url: str, lists: Sequence[str], ledger: str | None = None
) -> Workplace:
    """A folder in which everything is to be applied; by default on a ledger in a file."""
    manifests = (a_manifest(name=list_id, list_id=list_id) for list_id in lists)
    write(folder / "campaigns" / "all.yaml", "---\n".join(manifests))
    environment = {"base_url": url} | ({"ledger": ledger} if ledger else {})
    write(folder / "ringg-runner.yaml", a_project_file(environments={"production": environment}))
    return Workplace(folder)
