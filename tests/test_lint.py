"""The rules beyond schema and references, each where it speaks and where it keeps silent.

Every rule has its plainest example in docs/rules.md; here are the edges.
"""

from pathlib import Path
from typing import Any

import pytest
from build import NOW, a_manifest, write, yaml_of

from ringg_runner import pipeline
from ringg_runner.diagnostics import Diagnostic, Severity
from ringg_runner.errors import FindingsError
from ringg_runner.pipeline import Selection

AGENT = "7c7595a7-5094-42b6-90d4-bf07f1e3a083"
LIST = "2af24837-4a28-4bd7-9fe8-35bf28e2a172"
POOL = "58f1005f-c3cc-46b2-8564-43f71d3d225a"
USER = "d970279b-f297-4308-9cd3-c7519479af96"
KEY = "rg_live_4f9c2e7d1b8a6035"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sound(**fields: Any) -> str:
    """A manifest about which there is nothing to say."""
    ids = {"agent_id": AGENT, "list_id": LIST, "number_pool_id": POOL}
    return a_manifest(**(ids | fields))


def lay_out(root: Path, *manifests: str, **settings: Any) -> None:
    for number, text in enumerate(manifests, start=1):
        write(root / "campaigns" / f"{number}.yaml", text)
    write(root / "ringg-runner.yaml", yaml_of(version=1, **settings))


def check(root: Path, *paths: str, **environ: str) -> tuple[Diagnostic, ...]:
    return pipeline.check(Selection(list(map(Path, paths))), root, environ, NOW).findings


def prepare(root: Path, *, strict: bool = False) -> tuple[Diagnostic, ...]:
    return pipeline.prepare(Selection(strict=strict), root, {}, NOW).findings


def places(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{Path(told.file).name}:{told.position.line} {told.rule}" for told in found]


def production(**settings: Any) -> dict[str, Any]:
    return {"production": settings}


# Ids


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (LIST, None),
        (LIST.upper(), None),
        (LIST.replace("-", ""), "non-uuid-id"),
        (LIST + "0", "non-uuid-id"),
        ("{" + LIST + "}", "non-uuid-id"),
        ("list-1", "non-uuid-id"),
        ("here", "non-uuid-id"),
        ("123e4567-e89b-12d3-a456-426614174000", "placeholder-id"),
        ("123E4567-E89B-12D3-A456-426614174000", "placeholder-id"),
        ("pool-uuid-here", "placeholder-id"),
        ("<list-id>", "placeholder-id"),
        ("YOUR_LIST_ID", "placeholder-id"),
        ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "placeholder-id"),
        ("00000000-0000-0000-0000-000000000000", "placeholder-id"),
        ("changeme", "placeholder-id"),
        ("TODO", "placeholder-id"),
    ],
)
def test_an_id_that_is_none_of_ringgs_is_told(here: Path, value: str, rule: str | None) -> None:
    lay_out(here, sound(list_id=value))
    assert places(check(here)) == ([f"1.yaml:4 {rule}"] if rule else [])


def test_every_field_with_ids_is_looked_at(here: Path) -> None:
    fields = {"email_completion_user_ids": [USER, "user-1"]}
    lay_out(here, a_manifest(**fields))
    assert places(check(here)) == [f"1.yaml:{line} non-uuid-id" for line in (3, 4, 5, 6)]


@pytest.mark.parametrize("base_url", ["sandbox", "http://localhost:8080/v0"])
def test_an_api_on_this_machine_takes_any_id(here: Path, base_url: str) -> None:
    text = a_manifest(list_id="pool-uuid-here")
    lay_out(here, text, environments=production(base_url=base_url))
    assert check(here) == ()


def test_an_id_with_a_name_is_told_once_and_where_it_is_written(here: Path) -> None:
    aliases = {"agents": {"a": "agent-1", "b": "${agents.a}"}, "vars": {"v": "pool-1"}}
    first = sound(agent_id="${agents.b}", number_pool_id="${vars.v}")
    second = sound(name="b", list_id=LIST[::-1], agent_id="${agents.a}")
    lay_out(here, first, second, environments=production(**aliases))
    found = check(here)
    # What stands under vars may be anything; that it is an id is known where it is used.
    assert places(found) == [
        "1.yaml:5 non-uuid-id",
        "2.yaml:4 non-uuid-id",
        "ringg-runner.yaml:2 non-uuid-id",
    ]
    assert found[-1].message == "agent-1 is no UUID"


def test_an_id_in_the_defaults_is_told_there(here: Path) -> None:
    manifests = (sound(name=n, list_id=LIST[:-1] + n, omit=["agent_id"]) for n in "12")
    lay_out(here, *manifests, defaults={"agent_id": "agent-1"})
    assert places(check(here)) == ["ringg-runner.yaml:2 non-uuid-id"]


def test_an_id_from_a_variable_is_told_where_the_variable_is_named(here: Path) -> None:
    lay_out(here, sound(agent_id="${agents.a}"), environments=production(agents={"a": "${env.A}"}))
    (told,) = check(here, A="agent-1")
    assert (told.file, told.message) == ("ringg-runner.yaml", "agent-1 is no UUID")
    assert check(here, A=AGENT) == ()


def test_what_is_no_id_at_all_is_told_as_that_alone(here: Path) -> None:
    aliases = {"agents": {"a": "a b"}}
    lay_out(here, sound(agent_id="${vars.a}"), environments=production(vars=aliases["agents"]))
    assert places(check(here)) == ["1.yaml:3 not-an-id"]


def test_an_environment_that_takes_any_id_is_left_out_of_the_message(here: Path) -> None:
    environments = {"production": None, "sandbox": {"base_url": "sandbox"}}
    lay_out(here, sound(list_id="list-1"), environments=environments)
    (told,) = check(here)
    assert told.message == "list-1 is no UUID in environment production"


# Names that nobody uses


def test_a_name_is_in_use_through_manifests_defaults_and_other_names(here: Path) -> None:
    aliases = {
        "agents": {"direct": AGENT, "default": AGENT, "spare": AGENT},
        "users": {"ops": "${vars.ops}"},
        "vars": {"ops": USER, "a": "${vars.b}", "b": "${vars.a}"},
    }
    text = sound(agent_id="${agents.direct}", email_completion_user_ids=["${users.ops}"])
    defaults = {"agent_id": "${agents.default}"}
    lay_out(here, text, defaults=defaults, environments=production(**aliases))
    messages = [told.message for told in check(here)]
    assert messages == [f"no manifest uses {name}" for name in ("agents.spare", "vars.a", "vars.b")]


def test_only_the_whole_project_can_tell_that_a_name_is_not_used(here: Path) -> None:
    lay_out(here, sound(), environments=production(agents={"a": AGENT}))
    assert places(check(here)) == ["ringg-runner.yaml:2 unused-alias"]
    assert check(here, "campaigns") == ()


@pytest.mark.parametrize(
    ("broken", "rule"), [("[", "yaml-syntax"), (sound(agent_id="${agents.b}"), "unknown-reference")]
)
def test_while_something_cannot_be_read_no_name_is_called_unused(
    here: Path, broken: str, rule: str
) -> None:
    lay_out(here, broken, environments=production(agents={"a": AGENT}))
    assert [told.rule for told in check(here)] == [rule]


def test_names_are_told_in_the_environment_that_has_them(here: Path) -> None:
    write(here / "campaigns" / "1.yaml", sound())
    text = f"environments:\n  a: {{agents: {{x: {AGENT}}}}}\n  b: {{agents: {{x: {AGENT}}}}}\n"
    write(here / "ringg-runner.yaml", f"version: 1\n{text}default_environment: a\n")
    assert [(told.position.line, told.message) for told in check(here)] == [
        (3, "no manifest uses agents.x"),
        (4, "no manifest uses agents.x"),
    ]


# Webhooks


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("https://hooks.example.com", ["callback-undocumented"]),
        ("https://10.0.0.1/hook", ["private-callback"]),
        ("https://hooks.internal", ["private-callback"]),
        ("http://localhost/hook", ["callback-url"]),
        ("https://user@10.0.0.1/hook", ["callback-url"]),
    ],
)
def test_of_a_webhook_the_gravest_is_told(here: Path, url: str, rules: list[str]) -> None:
    lay_out(here, sound(callback_url=url))
    assert [told.rule for told in check(here)] == rules


@pytest.mark.parametrize("url", ["http://localhost:9000", "https://10.0.0.1"])
def test_an_api_on_this_machine_may_call_a_private_webhook(here: Path, url: str) -> None:
    lay_out(here, sound(callback_url=url), environments=production(base_url="sandbox"))
    assert [told.rule for told in check(here)] == ["callback-undocumented"]


def test_a_webhook_in_the_defaults_is_told_once_and_null_is_none(here: Path) -> None:
    first, second = sound(), sound(name="b", list_id=LIST[::-1], callback_url=None)
    third = sound(name="c", list_id=AGENT)
    lay_out(here, first, second, third, defaults={"callback_url": "https://hooks.example.com"})
    told = [place for place in places(check(here)) if "callback" in place]
    assert told == ["ringg-runner.yaml:2 callback-undocumented"]


# Windows and repetitions


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ({"not_after": "2026-12-01T03:59:59Z"}, True),
        ({"not_after": "2026-12-01T09:29:59+05:30"}, True),
        ({"not_after": "2026-12-01T04:00:00Z"}, False),
        ({"not_before": "2026-11-01T04:00:00Z"}, False),
    ],
)
def test_a_window_has_passed_when_its_last_moment_has(
    here: Path, start: dict[str, str], told: bool
) -> None:
    lay_out(here, sound(start=start))
    assert places(check(here)) == (["1.yaml:6 window-passed"] if told else [])
    lay_out(here, sound(start=start, enabled=False))
    assert check(here) == ()


def test_a_passed_window_in_the_defaults_is_told_there(here: Path) -> None:
    lay_out(here, sound(), defaults={"start": {"not_after": "2021-12-01T00:00:00Z"}})
    assert places(check(here)) == ["ringg-runner.yaml:2 window-passed"]


@pytest.mark.parametrize("start", ["soon", {"not_after": "soon"}, {"not_after": 5}])
def test_a_window_that_is_none_has_not_passed(here: Path, start: object) -> None:
    lay_out(here, sound(start=start))
    assert "window-passed" not in {told.rule for told in check(here)}


def test_only_the_very_same_value_repeats_a_default(here: Path) -> None:
    defaults = {"agent_id": AGENT, "labels": {"team": "growth"}, "callback_url": None}
    lay_out(here, sound(labels={"team": "growth"}, callback_url=None), defaults=defaults)
    assert places(check(here)) == [f"1.yaml:{line} same-as-default" for line in (3, 6, 7)]
    lay_out(here, sound(agent_id=AGENT.upper(), labels={"team": "care"}), defaults=defaults)
    assert check(here) == ()


# Secrets


def keyless(found: tuple[Diagnostic, ...], key: str) -> bool:
    return key not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        f"# {KEY}\n",
        f'labels: {{key: "{KEY}"}}\n',
        f"labels: {{{KEY}: a}}\n",
        f"callback_url: https://hooks.example.com/?key={KEY}\n",
        f"labels: {{key: ringg_live_{KEY[8:]}}}\n",
    ],
)
def test_a_key_is_found_wherever_it_stands_and_never_shown(here: Path, line: str) -> None:
    lay_out(here, sound() + line)
    found = [told for told in check(here) if told.rule == "secret"]
    (told,) = found
    assert (told.position.line, told.severity) == (6, Severity.ERROR)
    assert keyless(check(here), KEY[8:])
    assert told.quote is not None
    assert told.quote.text[told.position.column - 1 :].startswith("****")


def test_a_message_that_would_quote_a_key_hides_it(here: Path) -> None:
    lay_out(here, sound(list_id=f"{KEY} {KEY}"))
    found = check(here)
    assert {told.rule for told in found} == {"secret", "malformed"}
    assert keyless(found, KEY)


@pytest.mark.parametrize(
    "word", ["rg_live_production_key", "RG_LIVE_4f9c2e7d1b8a6035", "rg_live_4"]
)
def test_what_only_resembles_a_key_is_none(here: Path, word: str) -> None:
    lay_out(here, sound(labels={"key": word}))
    assert check(here) == ()


def test_the_key_of_this_machine_is_found_whatever_its_shape(here: Path) -> None:
    lay_out(here, sound(agent_id=USER))
    assert check(here) == ()
    found = check(here, RINGG_API_KEY=USER)
    assert places(found) == ["1.yaml:3 secret"]
    assert keyless(found, USER)
    write(here / "key", USER + "\n")
    lay_out(here, sound(agent_id=USER), environments=production(api_key_file="key"))
    assert places(check(here)) == ["1.yaml:3 secret"]


def test_the_key_of_one_environment_is_hidden_in_what_all_have(here: Path) -> None:
    environments = {"a": {"api_key_env": "A"}, "b": {"api_key_env": "B"}}
    lay_out(here, sound(lable=1, list_id=f"{USER} x"), environments=environments)
    found = check(here, A=USER)
    assert "an API key stands here in environment a" in [told.message for told in found]
    assert keyless(found, USER)


@pytest.mark.parametrize("key", ["", "growth", "no key"])
def test_what_is_no_key_is_not_looked_for(here: Path, key: str) -> None:
    lay_out(here, sound(labels={"team": "growth"}))
    assert check(here, RINGG_API_KEY=key) == ()


def test_a_field_that_takes_the_key_from_a_variable_is_told(here: Path) -> None:
    lay_out(here, sound(callback_url="https://hooks.example.com/?k=${env.RINGG_API_KEY}"))
    found = check(here, RINGG_API_KEY=KEY)
    assert places(found) == ["1.yaml:6 callback-undocumented", "1.yaml:6 secret"]
    assert found[1].message == "what this refers to holds the API key"
    assert keyless(found, KEY)


@pytest.mark.parametrize("settings", [{"api_key_env": KEY}, {"ledger": f"postgres://{KEY}@a/b"}])
def test_a_key_in_the_project_file_is_found_and_not_shown(
    here: Path, settings: dict[str, str]
) -> None:
    lay_out(here, sound(), environments=production(**settings))
    found = check(here)
    assert [told.rule for told in found] == ["secret"]
    assert keyless(found, KEY)


# What is set


def test_what_is_good_to_know_is_told_by_a_check_alone(here: Path) -> None:
    lay_out(here, a_manifest(callback_url="https://hooks.example.com"))
    assert {told.severity for told in check(here)} == {Severity.WARNING, Severity.INFO}
    assert {told.severity for told in prepare(here)} == {Severity.WARNING}


def test_a_rule_is_off_in_check_and_plan_alike(here: Path) -> None:
    lay_out(here, a_manifest(), rules={"non-uuid-id": "off"})
    assert check(here) == prepare(here) == ()


def test_a_rule_is_raised_in_check_and_plan_alike(here: Path) -> None:
    lay_out(here, sound(list_id="list-1"), rules={"non-uuid-id": "error"})
    assert [told.severity for told in check(here)] == [Severity.ERROR]
    with pytest.raises(FindingsError, match="1 error found: nothing was sent"):
        prepare(here)


def test_an_error_that_was_lowered_stops_nothing(here: Path) -> None:
    lay_out(
        here, sound(callback_url="https://hooks.internal"), rules={"private-callback": "warning"}
    )
    assert [told.rule for told in prepare(here)] == ["private-callback"]


def test_to_the_strict_a_warning_is_an_error_and_a_hint_is_none(here: Path) -> None:
    lay_out(here, sound(list_id="list-1", callback_url="https://hooks.example.com"))
    checked = pipeline.check(Selection(strict=True), here, {}, NOW)
    assert (checked.errors, checked.warnings, len(checked.findings)) == (1, 0, 2)
    with pytest.raises(FindingsError, match="1 error found: nothing was sent"):
        prepare(here, strict=True)


def test_a_variable_that_is_not_set_may_be_an_error_in_a_check_too(here: Path) -> None:
    lay_out(here, sound(agent_id="${env.A}"), rules={"unset-variable": "error"})
    assert [told.severity for told in check(here)] == [Severity.ERROR]


def test_what_only_one_environment_lacks_is_told_where_its_ledger_cannot_be_had(
    here: Path,
) -> None:
    environments = {
        "a": {"agents": {"x": AGENT}},
        "b": {"ledger": "${env.LEDGER}"},
        "c": {"base_url": "https://${env.HOST}"},
    }
    lay_out(here, sound(agent_id="${agents.x}"), environments=environments)
    messages = [told.message for told in check(here) if told.severity is Severity.ERROR]
    assert messages == ["unknown reference ${agents.x} in environment b, c"]
