"""What several tests need from the machine."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

import pytest
import trustme
from servers import tls_of

from ringg_runner.cli import main


@dataclass(frozen=True)
class Finished:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.splitlines()[-1]

    @property
    def not_checked(self) -> list[str]:
        """What a plan says it did not look at, without why that matters."""
        _, _, rest = self.out.partition("\nNot checked:\n")
        lines = takewhile(lambda line: line.startswith("  "), rest.splitlines())
        return [line.strip().partition(": ")[0] for line in lines]


Cli: TypeAlias = Callable[..., Finished]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Whoever signs certificates here; no system trusts it."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """TLS for a server on localhost whose certificate no system trusts."""
    return tls_of(authority.issue_cert("localhost"))


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run command lines in an empty folder, with no variable of ours set."""
    proxies = [f"{what}_PROXY" for what in ("HTTP", "HTTPS", "ALL", "NO")]
    github = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
    for name in ("CI", "RINGG_API_KEY", "NO_COLOR", *github, *proxies, *map(str.lower, proxies)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes | None = None, **variables: str) -> Finished:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin or b"")))
            capfd.readouterr()
            code = main(arguments)
            out, err = capfd.readouterr()
        return Finished(code, out, err)

    return run
