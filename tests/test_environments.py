"""Environments: which API, under which names, and the way to its key."""

from pathlib import Path
from typing import Any

import pytest
from build import a_project, an_environment, write

from ringg_runner.authoring.environments import (
    BASE_URL,
    EMBEDDED_BASE_URL,
    Environment,
    open_environment,
    read_key,
    variable,
)
from ringg_runner.authoring.project import Project
from ringg_runner.authoring.references import Problem, Resolved
from ringg_runner.errors import ExitCode, FindingsError, InvalidInputError, UsageError

KEY = "rk-0123456789"


def with_settings(**settings: Any) -> Project:
    return a_project(environments={"staging": settings})


def opened(environ: dict[str, str] | None = None, **settings: Any) -> Environment:
    return open_environment(with_settings(**settings), "staging", environ or {})


def test_production_is_the_documented_api_and_needs_no_declaration() -> None:
    environment = open_environment(a_project(), None, {})
    assert environment.name == "production"
    assert environment.base_url == BASE_URL
    assert environment.api_key_env == "RINGG_API_KEY"
    assert environment.api_key_file is None
    assert not environment.embedded
    assert not environment.local


def test_the_sandbox_is_in_this_process_and_needs_no_declaration() -> None:
    environment = open_environment(a_project(), "sandbox", {})
    assert environment.base_url == EMBEDDED_BASE_URL
    assert environment.embedded
    assert environment.local


def test_any_environment_may_be_the_sandbox() -> None:
    assert opened(base_url="sandbox").embedded


def test_the_sandbox_may_be_elsewhere() -> None:
    chosen = a_project(environments={"sandbox": {"base_url": "http://127.0.0.1:8080/v0"}})
    environment = open_environment(chosen, "sandbox", {})
    assert environment.base_url == "http://127.0.0.1:8080/v0"
    assert not environment.embedded
    assert environment.local


def test_the_default_environment_is_taken_where_none_is_named() -> None:
    chosen = a_project(default_environment="staging", environments={"staging": {}})
    assert open_environment(chosen, None, {}).name == "staging"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("stagin", "did you mean staging?"), ("zzz", "known: production, sandbox, staging")],
)
def test_an_environment_that_is_not_known_is_wrong_usage(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no environment is called {name}") as caught:
        open_environment(with_settings(), name, {})
    assert caught.value.hint == hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_the_settings_are_what_the_project_says() -> None:
    environment = opened(
        base_url="https://staging.example.com/v0//",
        api_key_env="STAGING_KEY",
        agents={"a": "agent-1"},
        vars={"b": "c"},
    )
    assert environment.base_url == "https://staging.example.com/v0"
    assert environment.api_key_env == "STAGING_KEY"
    assert environment.aliases == {
        "agents": {"a": "agent-1"},
        "lists": {},
        "number_pools": {},
        "users": {},
        "vars": {"b": "c"},
    }


def test_a_key_file_lies_beside_the_project_file() -> None:
    assert opened(api_key_file="key").api_key_file == Path("/project/key")
    assert opened(api_key_file="/run/key").api_key_file == Path("/run/key")


def test_settings_may_refer_to_variables() -> None:
    environment = opened(
        {"HOST": "b.example", "DIR": "/run"},
        base_url="https://${env.HOST}/v0",
        api_key_file="${env.DIR}/key",
    )
    assert environment.base_url == "https://b.example/v0"
    assert environment.api_key_file == Path("/run/key")


@pytest.mark.parametrize(
    ("setting", "value", "place", "hint"),
    [
        ("base_url", "https://${env.HOST}", "2:49 unset-variable", "set HOST"),
        ("api_key_file", "${env.}", "2:45 unset-variable", "or remove the reference"),
        ("base_url", "${vars.a}", "2:41 unknown-reference", "only ${env.NAME}"),
        ("base_url", "${env", "2:41 malformed-reference", "write ${group.name}"),
    ],
)
def test_a_setting_that_refers_to_nothing_is_told_where_it_stands(
    setting: str, value: str, place: str, hint: str
) -> None:
    with pytest.raises(FindingsError) as caught:
        opened({"HOST": ""}, **{setting: value})
    (told,) = caught.value.findings
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert hint in (told.hint or "")
    assert told.file == "ringg-runner.yaml"


@pytest.mark.parametrize(
    "url",
    ["http://a.example", "https://a.example?b", "https://a.example#", "https://u:p@a.example"],
)
def test_a_variable_cannot_lead_the_key_astray(url: str) -> None:
    with pytest.raises(FindingsError) as caught:
        opened({"URL": url}, base_url="${env.URL}")
    (finding,) = caught.value.findings
    assert (finding.file, finding.rule) == ("ringg-runner.yaml", "base-url")
    assert "https://" in (finding.hint or "")
    assert url not in finding.message


def test_a_variable_is_private() -> None:
    assert variable({"A": "b"}, "env.A") == Resolved("b", private=True)


def test_a_variable_is_final() -> None:
    assert variable({"A": "${env.B}"}, "env.A") == Resolved("$${env.B}", private=True)


@pytest.mark.parametrize(
    ("name", "rule", "fragment"),
    [
        ("env.A", "unset-variable", "${env.A}"),
        ("env.EMPTY", "unset-variable", "${env.EMPTY}"),
        ("env", "unset-variable", "${env}"),
        ("agents.a", "unknown-reference", "${agents.a}"),
    ],
)
def test_what_is_no_variable_is_a_problem_with_a_way_out(
    name: str, rule: str, fragment: str
) -> None:
    problem = variable({"EMPTY": ""}, name)
    assert isinstance(problem, Problem)
    assert (problem.rule, problem.fragment) == (rule, fragment)
    assert problem.hint


def test_the_key_comes_from_the_variable() -> None:
    environment = an_environment(api_key_env="STAGING_KEY")
    assert read_key(environment, {"STAGING_KEY": f" {KEY}\n"}).reveal() == KEY


def test_the_key_comes_from_the_file_even_where_the_variable_is_set(tmp_path: Path) -> None:
    environment = an_environment(api_key_file=write(tmp_path / "key", f"{KEY}\n"))
    assert read_key(environment, {"RINGG_API_KEY": "another"}).reveal() == KEY


def test_the_sandbox_needs_no_key() -> None:
    assert read_key(an_environment(embedded=True), {}).reveal()


def test_a_secret_does_not_show_itself() -> None:
    secret = read_key(an_environment(), {"RINGG_API_KEY": KEY})
    assert KEY not in f"{secret} {secret!r}"


@pytest.mark.parametrize("environ", [{}, {"RINGG_API_KEY": ""}, {"RINGG_API_KEY": " \n"}], ids=str)
def test_without_a_key_the_way_to_one_is_told(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="the environment variable RINGG_API_KEY") as caught:
        read_key(an_environment(), environ)
    assert "--env sandbox" in (caught.value.hint or "")
    assert caught.value.exit_code is ExitCode.INVALID


@pytest.mark.parametrize("content", [None, b"", b"\n"], ids=["missing", "empty", "blank"])
def test_a_key_file_without_a_key_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        write(path, content)
    with pytest.raises(InvalidInputError, match=r"the key file .*/key is empty or not there"):
        read_key(an_environment(api_key_file=path), {})


@pytest.mark.parametrize(
    "path", [Path("/"), Path("a\0b"), Path("x" * 5_000)], ids=["folder", "no name", "too long"]
)
def test_a_key_file_that_cannot_be_read_is_told(path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read: "):
        read_key(an_environment(api_key_file=path), {})


@pytest.mark.parametrize(
    "content",
    [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"{KEY}é", f"{KEY}\0", f"{KEY}\x7f"],
    ids=["two", "two lines", "foreign", "zero", "delete"],
)
def test_what_cannot_be_a_key_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    by_file = an_environment(api_key_file=write(tmp_path / "key", content))
    for environment in (an_environment(), by_file):
        with pytest.raises(InvalidInputError, match="does not hold an API key") as caught:
            read_key(environment, {"RINGG_API_KEY": content})
        assert KEY not in f"{caught.value} {caught.value.hint}"


def test_a_key_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    environment = an_environment(api_key_file=write(tmp_path / "key", b"\xff\xfe"))
    with pytest.raises(InvalidInputError, match="does not hold an API key"):
        read_key(environment, {})


@pytest.mark.parametrize(
    ("name", "base_url", "embedded", "calls"),
    [
        ("production", "https://prod-api.ringg.ai/ca/api/v0", False, True),
        ("production", "http://127.0.0.1:8080/v0", False, True),
        ("staging", "https://staging.example.com/v0", False, True),
        ("staging", "http://127.0.0.1:8080/v0", False, False),
        ("rehearsal", "http://sandbox.localhost/ca/api/v0", True, False),
    ],
)
def test_production_and_every_api_elsewhere_call_people(
    name: str, base_url: str, *, embedded: bool, calls: bool
) -> None:
    environment = an_environment(name=name, base_url=base_url, embedded=embedded)
    assert environment.calls_people is calls
