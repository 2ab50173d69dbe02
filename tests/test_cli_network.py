"""Certificates and proxies from the command line: every command that asks the API."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

import pytest
import trustme
from build import a_manifest, a_project_at, a_workspace
from conftest import Cli
from servers import NO_LIST, Say, lists, says, serving, tunnels

KEY = "rg_live_0123456789abcdef"
STARTED = says(200, {"status": "campaign registered successfully!"})
WORKSPACE = says(200, {"workspace_info": {"id": "ws-1", "name": "Rehearsal"}})
UNUSABLE = "http://me:12/pa55word@proxy.example:3128"

COMMANDS: list[tuple[tuple[str, ...], Say]] = [
    (("apply", "--yes"), STARTED),
    (("apply", "--yes", "--no-refresh"), STARTED),
    (("plan", "--refresh"), STARTED),
    (("status",), STARTED),
    (("check",), WORKSPACE),
]
each_command = pytest.mark.parametrize(
    ("command", "say"), COMMANDS, ids=[" ".join(command) for command, _ in COMMANDS]
)


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@each_command
def test_a_command_trusts_the_certificates_of_a_file(
    *,
    cli: Cli,
    tmp_path: Path,
    ca_file: Path,
    certificate: ssl.SSLContext,
    command: tuple[str, ...],
    say: Say,
) -> None:
    with serving(say, listing=lists(), tls=certificate) as server:
        a_project_at(tmp_path, server.url)
        done = cli(*command, "--ca-file", "ca.pem", RINGG_API_KEY=KEY)
    assert (done.code, done.err) == (0, "")
    asked = [*server.requests, *server.looks]
    assert {request.headers["x-api-key"] for request in asked} == {KEY}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's store is no file")
@each_command
def test_a_command_trusts_the_systems_certificates(
    *,
    cli: Cli,
    tmp_path: Path,
    ca_file: Path,
    certificate: ssl.SSLContext,
    command: tuple[str, ...],
    say: Say,
) -> None:
    with serving(say, listing=lists(), tls=certificate) as server:
        a_project_at(tmp_path, server.url)
        done = cli(*command, RINGG_API_KEY=KEY, SSL_CERT_FILE=str(ca_file))
    assert (done.code, done.err) == (0, "")


@each_command
def test_a_command_goes_through_the_proxy(
    *,
    cli: Cli,
    tmp_path: Path,
    ca_file: Path,
    certificate: ssl.SSLContext,
    command: tuple[str, ...],
    say: Say,
) -> None:
    with (
        serving(say, listing=lists(), tls=certificate) as server,
        serving(tunnels(server)) as proxy,
    ):
        a_project_at(tmp_path, server.url)
        done = cli(*command, "--ca-file", "ca.pem", RINGG_API_KEY=KEY, HTTPS_PROXY=proxy.origin)
    assert (done.code, done.err) == (0, "")
    assert {request.method for request in proxy.requests} == {"CONNECT"}


@each_command
def test_a_proxy_that_cannot_be_used_is_wrong_usage(
    cli: Cli, tmp_path: Path, command: tuple[str, ...], say: Say
) -> None:
    a_project_at(tmp_path, "https://api.example.com/v0")
    done = cli(*command, RINGG_API_KEY=KEY, HTTPS_PROXY=UNUSABLE)
    assert done.code == 64
    assert "error: the proxy in HTTPS_PROXY is no URL of a proxy\nhint: write it as " in done.err
    assert "pa55" not in done.out + done.err
    assert "claimed" not in cli("ledger", "list").out


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["not there", "something else"])
@each_command
def test_a_file_without_certificates_is_told_before_anything_is_done(
    cli: Cli, tmp_path: Path, command: tuple[str, ...], say: Say, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with serving(say) as server:
        a_project_at(tmp_path, server.url)
        done = cli(*command, "--ca-file", "ca.pem", RINGG_API_KEY=KEY)
    assert (done.code, done.out) == (64, "")
    assert done.err.startswith("error: --ca-file: ca.pem")
    assert [*server.requests, *server.looks] == []


def test_the_sandbox_needs_no_network_and_no_usable_proxy(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    done = cli("apply", "--env", "sandbox", HTTPS_PROXY=UNUSABLE)
    assert (done.code, done.last_line) == (0, "1 started")


def test_what_is_wrong_with_the_certificate_is_told_once_for_the_list(
    cli: Cli, tmp_path: Path, certificate: ssl.SSLContext
) -> None:
    with serving(STARTED, listing=NO_LIST, tls=certificate) as server:
        a_project_at(tmp_path, server.url)
        done = cli("plan", "--refresh", RINGG_API_KEY=KEY)
    assert done.code == 0
    assert done.err.count("the server's certificate is not trusted: ") == 1
