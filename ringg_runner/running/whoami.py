"""Who runs: what helps a person to find a run again, on a laptop and in CI."""

from __future__ import annotations

import getpass
import socket
from typing import TYPE_CHECKING

from ringg_runner import __version__
from ringg_runner.ledger.records import RunInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMIT = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "GIT_COMMIT", "CIRCLE_SHA1")
_JOB_URL = ("CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL")


def run_info(run_id: str, environ: Mapping[str, str]) -> RunInfo:
    """Return who runs, by the machine and by the variables that CI systems set."""
    return RunInfo(
        run_id,
        socket.gethostname(),
        _user(),
        __version__,
        _first(environ, _COMMIT),
        _github_job(environ) or _first(environ, _JOB_URL),
    )


def in_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a CI job, by the variable that all of them set."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _github_job(environ: Mapping[str, str]) -> str | None:
    parts = [environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if not all(parts):
        return None
    server, repository, run = parts
    return f"{server}/{repository}/actions/runs/{run}"
