"""Who runs: the machine, and what CI systems tell of a job."""

from __future__ import annotations

import getpass
import socket

import pytest

from ringg_runner import __version__
from ringg_runner.running.whoami import in_ci, run_info

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "growth/campaigns",
    "GITHUB_RUN_ID": "42",
}
GITHUB_JOB = "https://github.example/growth/campaigns/actions/runs/42"


def test_a_run_outside_ci_is_known_by_its_machine_and_user() -> None:
    run = run_info("run-1", {})
    assert (run.run_id, run.host, run.user) == ("run-1", socket.gethostname(), getpass.getuser())
    assert (run.version, run.commit, run.job_url) == (__version__, None, None)


@pytest.mark.parametrize("failure", [KeyError, OSError])
def test_a_user_without_a_name_is_unknown(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def nobody() -> str:
        raise failure("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert run_info("run-1", {}).user == "unknown"


@pytest.mark.parametrize(
    ("environ", "commit"),
    [
        ({"GITHUB_SHA": "abc"}, "abc"),
        ({"CI_COMMIT_SHA": "abc"}, "abc"),
        ({"BUILDKITE_COMMIT": "abc"}, "abc"),
        ({"GIT_COMMIT": "abc"}, "abc"),
        ({"CIRCLE_SHA1": "abc"}, "abc"),
        ({"GITHUB_SHA": "", "GIT_COMMIT": "abc"}, "abc"),
        ({"GITHUB_SHA": ""}, None),
    ],
    ids=["GitHub", "GitLab", "Buildkite", "Jenkins", "CircleCI", "an empty one first", "empty"],
)
def test_the_commit_is_what_the_ci_system_says(environ: dict[str, str], commit: str | None) -> None:
    assert run_info("run-1", environ).commit == commit


@pytest.mark.parametrize(
    ("environ", "job_url"),
    [
        (GITHUB, GITHUB_JOB),
        ({"CI_JOB_URL": "https://ci.example/7"}, "https://ci.example/7"),
        ({"BUILDKITE_BUILD_URL": "https://ci.example/7"}, "https://ci.example/7"),
        ({"CIRCLE_BUILD_URL": "https://ci.example/7"}, "https://ci.example/7"),
        ({"BUILD_URL": "https://ci.example/7"}, "https://ci.example/7"),
        (GITHUB | {"CI_JOB_URL": "https://ci.example/7"}, GITHUB_JOB),
        (GITHUB | {"GITHUB_RUN_ID": ""}, None),
        ({"GITHUB_RUN_ID": "42"}, None),
    ],
    ids=[
        *("GitHub", "GitLab", "Buildkite", "CircleCI", "Jenkins", "GitHub and another"),
        *("GitHub without a run", "GitHub without a server"),
    ],
)
def test_the_job_is_where_the_ci_system_shows_it(
    environ: dict[str, str], job_url: str | None
) -> None:
    assert run_info("run-1", environ).job_url == job_url


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"CI": ""}, False),
        ({"CI": "0"}, False),
        ({"CI": "False"}, False),
        ({"CI": "true"}, True),
        ({"CI": "1"}, True),
        ({"CI": "woodpecker"}, True),
        (GITHUB, False),
    ],
    ids=["unset", "empty", "0", "False", "true", "1", "a name", "other variables alone"],
)
def test_a_ci_job_is_known_by_one_variable(environ: dict[str, str], expected: bool) -> None:
    assert in_ci(environ) is expected
