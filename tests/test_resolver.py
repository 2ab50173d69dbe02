"""Manifests become campaigns: defaults, references, and the rules that no schema can state."""

from collections.abc import Mapping
from typing import Any

import pytest
from build import a_document, a_manifest, a_project, a_request, an_environment
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.authoring import validation
from ringg_runner.authoring.environments import Environment
from ringg_runner.authoring.project import Project
from ringg_runner.authoring.resolver import Resolution, resolve
from ringg_runner.campaigns import Campaign, Window
from ringg_runner.diagnostics import Diagnostic
from ringg_runner.times import parse_moment

ALIASES: dict[str, dict[str, str]] = {
    "agents": {"renewals": "agent-9", "spaced": "a b", "chained": "${agents.renewals}"},
    "lists": {"diwali": "list-9"},
    "number_pools": {"india": "pool-9"},
    "users": {"ops": "user-9", "secret": "${env.USER_ID}"},
    "vars": {
        "hooks": "https://hooks.example.com",
        "secret": "https://hooks.example.com/${env.TOKEN}",
        "empty": "",
        "a": "${vars.b}",
        "b": "${vars.a}",
        "literal": "https://hooks.example.com/$${name}",
        **{f"n{level}": f"${{vars.n{level + 1}}}" * 2 for level in range(40)},
        "n40": "x",
    },
}
ENVIRON = {"TOKEN": "s3cret", "USER_ID": "user-7", "TRICKY": "https://a.example/${name}"}


def resolution(
    *manifests: str,
    project: Project | None = None,
    environment: Environment | None = None,
    environ: Mapping[str, str] = ENVIRON,
) -> Resolution:
    documents = [a_document(text, f"{n}.yaml") for n, text in enumerate(manifests, start=1)]
    chosen = environment or an_environment(aliases=ALIASES)
    return resolve(documents, project or a_project(), chosen, environ)


def campaign(*, project: Project | None = None, **fields: Any) -> Campaign:
    outcome = resolution(a_manifest(**fields), project=project)
    assert outcome.findings == ()
    (only,) = outcome.campaigns
    return only


def finding(text: str, project: Project | None = None) -> Diagnostic:
    outcome = resolution(text, project=project)
    assert outcome.campaigns == ()
    (only,) = outcome.findings
    return only


def test_a_plain_manifest_becomes_the_campaign_it_describes() -> None:
    resolved = campaign(
        callback_url="https://hooks.example.com",
        email_completion_user_ids=["user-1"],
        labels={"team": "growth"},
        enabled=False,
        start={"not_before": "2026-12-01T09:00:00+05:30", "not_after": "2026-12-02T09:00:00Z"},
    )
    assert resolved.request == a_request(
        callback_url="https://hooks.example.com", email_completion_user_ids=("user-1",)
    )
    assert (resolved.name, resolved.file, resolved.line) == ("diwali-renewals", "1.yaml", 1)
    assert resolved.labels == {"team": "growth"}
    assert not resolved.enabled
    assert resolved.window == Window(
        parse_moment("2026-12-01T03:30:00Z"), parse_moment("2026-12-02T09:00:00Z")
    )


def test_what_a_manifest_leaves_out_stays_open() -> None:
    resolved = campaign()
    assert resolved.request == a_request()
    assert (resolved.labels, resolved.enabled, resolved.window) == ({}, True, Window())


def test_a_campaign_stands_where_its_document_begins() -> None:
    assert resolution("# a comment\n\n" + a_manifest()).campaigns[0].line == 3


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("agent_id", "${agents.renewals}", "agent-9"),
        ("agent_id", "${agents.chained}", "agent-9"),
        ("agent_id", "${vars.n36}", "x" * 16),
        ("agent_id", "a-${name}-${list_id}", "a-diwali-renewals-list-1"),
        ("agent_id", "${labels.team}", "growth"),
        ("agent_id", "$${agents.renewals}", "${agents.renewals}"),
        ("list_id", "${lists.diwali}", "list-9"),
        ("number_pool_id", "${number_pools.india}", "pool-9"),
        ("number_pool_id", "${env.TOKEN}", "s3cret"),
        (
            "callback_url",
            "${vars.hooks}/?c=${name}",
            "https://hooks.example.com/?c=diwali-renewals",
        ),
        ("callback_url", "${vars.literal}", "https://hooks.example.com/${name}"),
        ("callback_url", "${env.TRICKY}", "https://a.example/${name}"),
        ("email_completion_user_ids", ["${users.ops}", "u"], ["user-9", "u"]),
    ],
)
def test_references_stand_for_what_the_environment_says(
    field: str, text: Any, value: object
) -> None:
    resolved = campaign(**{field: text}, labels={"team": "growth"})
    assert resolved.request.body[field] == value


@pytest.mark.parametrize(
    ("callback_url", "private"),
    [
        ("${vars.hooks}", False),
        ("${vars.hooks}/${env.TOKEN}", True),
        ("${vars.secret}", True),
        ("https://hooks.example.com/${users.secret}", True),
        (None, False),
    ],
)
def test_a_callback_is_private_where_it_takes_anything_from_a_variable(
    callback_url: str | None, private: bool
) -> None:
    assert campaign(callback_url=callback_url).request.private is private


MISTAKES = [
    ("unknown", {"agent_id": "${agents.renewal}"}, "3:12 unknown-reference",
     "did you mean ${agents.renewals}?"),
    ("unknown group", {"agent_id": "${zzzzzz.yyyyyy}"}, "3:12 unknown-reference",
     "define it under environments.production"),
    ("within a text", {"callback_url": "https://${vars.hook}/"}, "6:24 unknown-reference",
     "did you mean ${vars.hooks}?"),
    ("after its escape", {"agent_id": "$${agents.x}${agents.x}"}, "3:24 unknown-reference", ""),
    ("in a list", {"email_completion_user_ids": ["a", "${users.op}"]}, "6:35 unknown-reference",
     "did you mean ${users.ops}?"),
    ("label", {"agent_id": "${labels.team}"}, "3:12 unknown-reference", ""),
    ("field that is none", {"agent_id": "${callback_url}"}, "3:12 unknown-reference", ""),
    ("malformed", {"agent_id": "${agents renewals}"}, "3:12 malformed-reference",
     "write ${group.name}"),
    ("circle", {"agent_id": "${vars.a}"}, "3:12 circular-reference", "vars.a → vars.b → vars.a"),
    ("itself", {"agent_id": "${agent_id}"}, "3:12 circular-reference", "agent_id → agent_id"),
    ("doubling", {"agent_id": "${vars.n0}"}, "3:12 too-long", "shorten what it refers to"),
    ("unset variable", {"agent_id": "${env.NOTHING}"}, "3:12 unset-variable", "set NOTHING"),
    ("to white space", {"agent_id": "${agents.spaced}"}, "3:11 not-an-id",
     "correct what it refers to"),
    ("to nothing", {"list_id": "${vars.empty}"}, "4:10 not-an-id", "correct what it refers to"),
    ("user to nothing", {"email_completion_user_ids": ["${vars.empty}"]}, "6:29 not-an-id",
     "correct what it refers to"),
    ("no URL", {"callback_url": "${agents.renewals}"}, "6:15 callback-url", "https://"),
    ("callback by http", {"callback_url": "http://a.example"}, "6:15 callback-url", "https://"),
    ("callback to loopback", {"callback_url": "http://localhost/"}, "6:15 callback-url",
     "https://"),
    ("window", {"start": {"not_before": "2026-12-02T09:00:00Z",
                          "not_after": "2026-12-02T14:29:59+05:30"}},
     "6:60 empty-window", "swap the two"),
    ("no agent", {"omit": ["agent_id"]}, "1:1 missing-key", "under defaults in the project file"),
    ("no pool", {"omit": ["number_pool_id"]}, "1:1 missing-key", "number_pool_id: …"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "place", "hint"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_is_told_where_it_stands_with_the_way_to_mend_it(
    fields: dict[str, Any], place: str, hint: str
) -> None:
    told = finding(a_manifest(**fields))
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert told.hint
    assert hint in told.hint
    assert told.file == "1.yaml"


def test_all_mistakes_of_a_manifest_are_told_at_once() -> None:
    text = a_manifest(
        agent_id="${agents.x} ${agents.y}", callback_url="http://a.example", omit=["number_pool_id"]
    )
    rules = [told.rule for told in resolution(text).findings]
    assert rules == ["unknown-reference", "unknown-reference", "missing-key", "callback-url"]


def test_a_mistake_in_one_manifest_leaves_the_others_as_they_are() -> None:
    outcome = resolution(a_manifest(agent_id="${x}"), a_manifest(list_id="list-2"))
    assert [resolved.list_id for resolved in outcome.campaigns] == ["list-2"]
    assert [told.file for told in outcome.findings] == ["1.yaml"]


def test_a_variables_value_is_never_in_a_finding() -> None:
    environ = {"TOKEN": "s3cret text"}
    text = a_manifest(agent_id="${env.TOKEN}", callback_url="${env.TOKEN}")
    outcome = resolution(text, environ=environ)
    assert [told.rule for told in outcome.findings] == ["not-an-id", "callback-url"]
    assert "s3cret" not in str(outcome.findings)


def test_a_local_api_may_call_a_local_webhook() -> None:
    text = a_manifest(callback_url="http://localhost:9000/hook")
    local = an_environment(base_url="http://sandbox.localhost/v0", embedded=True)
    assert resolution(text, environment=local).findings == ()


def test_a_window_may_be_a_single_moment() -> None:
    moment = "2026-12-02T09:00:00Z"
    window = campaign(start={"not_before": moment, "not_after": moment}).window
    assert window.not_before == window.not_after == parse_moment(moment)


DEFAULTS = a_project(
    defaults={
        "agent_id": "agent-d",
        "number_pool_id": "${number_pools.india}",
        "callback_url": "https://d.example/${name}",
        "email_completion_user_ids": ["user-d"],
        "labels": {"team": "d"},
        "start": {"not_before": "2026-12-01T09:00:00Z"},
    }
)


def test_the_projects_defaults_hold_where_a_manifest_says_nothing() -> None:
    resolved = campaign(project=DEFAULTS, omit=["agent_id", "number_pool_id"])
    assert resolved.request == a_request(
        agent_id="agent-d",
        number_pool_id="pool-9",
        callback_url="https://d.example/diwali-renewals",
        email_completion_user_ids=("user-d",),
    )
    assert resolved.labels == {"team": "d"}
    assert resolved.window == Window(not_before=parse_moment("2026-12-01T09:00:00Z"))


def test_what_a_manifest_says_goes_before_the_defaults() -> None:
    fields = {"callback_url": "https://m.example", "labels": {"region": "north"}}
    resolved = campaign(project=DEFAULTS, **fields)
    assert resolved.request.agent_id == "agent-1"
    assert resolved.request.callback_url == "https://m.example"
    assert resolved.labels == {"region": "north"}


def test_null_unsets_a_default() -> None:
    resolved = campaign(project=DEFAULTS, callback_url=None, email_completion_user_ids=None)
    assert resolved.request.callback_url is None
    assert resolved.request.email_completion_user_ids == ()


def test_a_reference_may_name_what_comes_from_the_defaults() -> None:
    resolved = campaign(
        project=DEFAULTS,
        omit=["agent_id"],
        callback_url="https://m.example/${agent_id}/${labels.team}",
    )
    assert resolved.request.callback_url == "https://m.example/agent-d/d"


@pytest.mark.parametrize(
    ("defaults", "place"),
    [
        ({"agent_id": "${agents.x}"}, "2:25 unknown-reference"),
        ({"agent_id": "${agents.spaced}"}, "2:24 not-an-id"),
        ({"callback_url": "http://a.example"}, "2:28 callback-url"),
        ({"email_completion_user_ids": ["${users.x}"]}, "2:43 unknown-reference"),
        (
            {"start": {"not_before": "2026-12-02T09:00Z", "not_after": "2026-12-01T09:00Z"}},
            "2:70 empty-window",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_in_the_defaults_is_told_where_they_stand(
    defaults: dict[str, object], place: str
) -> None:
    told = finding(
        a_manifest(omit=["agent_id"] if "agent_id" in defaults else []),
        a_project(defaults=defaults),
    )
    assert f"{told.position.line}:{told.position.column} {told.rule}" == place
    assert told.file == "ringg-runner.yaml"


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({"list_id": "list-2"}, [("2.yaml", 2, 7, "duplicate-name")]),
        ({"name": "b"}, [("2.yaml", 4, 10, "duplicate-list")]),
        ({"name": "b", "list_id": "${vars.same}"}, [("2.yaml", 4, 10, "duplicate-list")]),
        ({}, [("2.yaml", 2, 7, "duplicate-name"), ("2.yaml", 4, 10, "duplicate-list")]),
    ],
    ids=["name", "list", "list by reference", "both"],
)
def test_a_name_and_a_list_stand_for_one_campaign_each(
    second: dict[str, str], told: list[tuple[str, int, int, str]]
) -> None:
    environment = an_environment(aliases={"vars": {"same": "list-1"}})
    outcome = resolution(a_manifest(), a_manifest(**second), environment=environment)
    assert [(f.file, *f.position, f.rule) for f in outcome.findings] == told
    places = {"duplicate-name": "1.yaml:2:7", "duplicate-list": "1.yaml:4:10"}
    assert all(f.message.endswith(f"is taken by {places[f.rule]}") for f in outcome.findings)
    assert all(finding.hint for finding in outcome.findings)


def test_three_of_a_name_are_told_by_the_first() -> None:
    manifests = (a_manifest(list_id=f"list-{number}") for number in range(3))
    findings = resolution(*manifests).findings
    assert [(told.file, told.message[-10:]) for told in findings] == [
        ("2.yaml", "1.yaml:2:7"),
        ("3.yaml", "1.yaml:2:7"),
    ]


ILL_TYPED = [None, True, 1, [], ["a"], [["a"]], {}, {"a": "b"}, "", "a b", "${", "a\0"]


@pytest.mark.parametrize("value", ILL_TYPED, ids=ascii)
@pytest.mark.parametrize(
    "field",
    [
        *("version", "name", "agent_id", "list_id", "number_pool_id", "callback_url"),
        *("email_completion_user_ids", "labels", "start", "enabled"),
    ],
)
def test_an_ill_typed_field_stops_no_other_check(field: str, value: object) -> None:
    fields: dict[str, Any] = {"callback_url": "http://a.example", field: value}
    text = a_manifest(**fields)
    document = a_document(text)
    outcome = resolve([document], a_project(), an_environment(), {})
    told = {*validation.validate(document, "campaign"), *outcome.findings}
    assert field == "callback_url" or "callback-url" in {finding.rule for finding in told}


@pytest.mark.parametrize("name", [None, 1, ["a"], {"a": "b"}], ids=str)
def test_without_a_name_that_is_text_there_is_no_campaign(name: object) -> None:
    outcome = resolution(a_manifest(name=name))
    assert (outcome.campaigns, outcome.findings) == ((), ())


def test_labels_that_are_no_mapping_stand_for_nothing() -> None:
    told = finding(a_manifest(labels=["team"], agent_id="${labels.team}"))
    assert told.rule == "unknown-reference"


@pytest.mark.parametrize("text", ["- a", "--- a", "1"])
def test_a_document_that_is_no_mapping_is_passed_over(text: str) -> None:
    assert resolution(text) == Resolution((), ())


ID_LIKE = st.text(max_size=8) | st.text(alphabet="a \n\t\0\x1b\x85\u2028\ufeff${}", max_size=8)


@given(field=st.sampled_from(["name", "agent_id", "list_id", "number_pool_id"]), value=ID_LIKE)
def test_a_manifest_is_a_campaign_or_has_findings_and_is_never_lost(field: str, value: str) -> None:
    # Escaped, since the characters that YAML cannot hold may come in by that door.
    escaped = "".join(f"\\U{ord(char):08x}" for char in value)
    document = a_document(a_manifest(omit=[field]) + f'{field}: "{escaped}"\n')
    outcome = resolve([document], a_project(), an_environment(), {})
    findings = [*validation.validate(document, "campaign"), *outcome.findings]
    assert findings or outcome.campaigns
