"""What fits at a glance fits by jsonschema, which is the authority."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from build import a_document, a_manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringg_runner.authoring import schemas, validation
from ringg_runner.authoring.documents import Document, Json, Places
from ringg_runner.authoring.environments import ALIAS_GROUPS
from ringg_runner.authoring.fit import fits, validator_of
from ringg_runner.diagnostics import START

LOADED = ("campaign", "project")
"""The schemas of what people write."""

WORDS = st.text(max_size=4) | st.sampled_from(
    [
        *("a", "a\n", "a b", "\x1c", "a\x85", "\ufeff", "\x00", "", "error", "off", "sandbox"),
        *("2026-12-01T09:00:00+05:30", "2026-12-01T09:00:00", "2026-12-01t09:00z", "2026-02-30"),
        *("2026-02-30T00:00:00Z", "2026-12-01T09:00:60Z", "2026-12-01T09:00:00Z\n", "${vars.a}"),
        *("https://example.com", "x" * 63, "x" * 64, "é", "²", "𝒳"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def findings(data: Json, schema: str) -> list[str]:
    document = Document("a.yaml", START, data, "", lambda: Places({}, {}, ("",)))
    return [finding.message for finding in validation.validate(document, schema)]


ID = "7c7595a7-5094-42b6-90d4-bf07f1e3a083"
FIELDS = {
    "agent_id": "${agents.renewals}",
    "number_pool_id": ID,
    "callback_url": "https://hooks.example.com/ringg?campaign=${name}",
    "email_completion_user_ids": ["${users.ops}", ID],
    "labels": {"team": "growth", "a/b": ""},
    "start": {
        "not_before": "2026-12-01T09:00:00+05:30",
        "not_after": "2026-12-05T18:00:00+05:30",
    },
    "enabled": False,
}
NAMES = {"renewals": ID, "ops": "user-ops"}
WHOLE = {
    "campaign": {"version": 1, "name": "renewals", "list_id": ID, **FIELDS},
    "project": {
        "version": 1,
        "manifests": ["campaigns"],
        "default_environment": "staging",
        "defaults": {key: value for key, value in FIELDS.items() if key != "enabled"},
        "rules": {"non-uuid-id": "off"},
        "environments": {
            "staging": {
                "base_url": "https://api.example.com/v0",
                "api_key_env": "RINGG_API_KEY",
                "ledger": "ledger.db",
                **dict.fromkeys(ALIAS_GROUPS, NAMES),
            }
        },
    },
}
"""Data that uses as much of each schema as can stand together."""


@st.composite
def bent(draw: st.DrawFn, schema: str) -> Json:
    """Data that fits a schema but for what was put, changed or removed in some places."""
    data = deepcopy(WHOLE[schema])
    for _ in range(draw(st.integers(1, 3))):
        inside: Json = data
        while inside:
            steps = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            step = draw(st.sampled_from(steps))
            if isinstance(inside[step], dict | list) and draw(st.booleans()):
                inside = inside[step]
                continue
            match draw(st.sampled_from(["remove", "change", "put"])):
                case "remove":
                    del inside[step]
                case "put" if isinstance(inside, dict):
                    inside[draw(WORDS)] = draw(VALUES)
                case "put":
                    inside.append(draw(st.just(inside[step]) | VALUES))
                case _:
                    inside[step] = draw(WORDS | VALUES)
            break
    return data


@pytest.mark.parametrize("schema", LOADED)
def test_what_is_right_fits_at_a_glance(schema: str) -> None:
    assert fits(WHOLE[schema], schema)
    assert findings(WHOLE[schema], schema) == []


@pytest.mark.parametrize("schema", LOADED)
@settings(max_examples=300)
@given(data=st.data())
def test_what_fits_at_a_glance_has_nothing_to_explain(schema: str, data: st.DataObject) -> None:
    value = data.draw(VALUES | bent(schema))
    if fits(value, schema):
        assert findings(value, schema) == []


@pytest.mark.parametrize("schema", LOADED)
@pytest.mark.parametrize("key", sorted(schemas.load("campaign")["properties"]))
@given(value=VALUES)
def test_a_value_that_fits_its_key_has_nothing_to_explain(
    schema: str, key: str, value: Json
) -> None:
    manifest: dict[str, Json] = a_document(a_manifest()).data
    document = {**manifest, key: value}
    data = document if schema == "campaign" else {"version": 1, "defaults": {key: value}}
    if fits(data, schema):
        assert findings(data, schema) == []


def patterns(schema: Any) -> Iterator[str]:
    """Every pattern in a schema."""
    inner = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    if isinstance(schema, dict | list):
        for item in inner:
            yield from patterns(item)


@pytest.mark.parametrize(
    "pattern", sorted({found for name in LOADED for found in patterns(schemas.load(name))})
)
def test_a_character_fits_a_pattern_at_a_glance_only_if_it_does_to_python(pattern: str) -> None:
    judge = validator_of({"pattern": pattern})
    fitting = [
        character
        for character in map(chr, (*range(0xD800), *range(0xE000, 0x11000)))
        if judge.is_valid(f"a{character}")
    ]
    exact = re.compile(pattern.removesuffix("$") + r"\Z")
    assert all(exact.search(f"a{character}") for character in fitting)
