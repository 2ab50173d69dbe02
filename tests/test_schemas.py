"""The schemas themselves: sound, described, and true to their own examples."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ringg_runner.authoring import schemas

WRITTEN_BY_PEOPLE = ("campaign", "project")


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(schemas.load(name))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_says_which_draft_it_is_and_what_it_is_for(name: str) -> None:
    schema = schemas.load(name)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["title"] == f"ringg-runner {name}"
    assert schema["description"].endswith(".")


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_printed_as_it_is_checked(name: str) -> None:
    assert schemas.text(name).startswith("{\n")
    assert schemas.text(name).endswith("}\n")


def below(schema: Any, way: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object within a schema, with the way to it."""
    if isinstance(schema, dict):
        yield way, schema
        for key, value in schema.items():
            if key not in ("examples", "default", "const", "enum"):
                yield from below(value, f"{way}/{key}")
    elif isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from below(item, f"{way}/{index}")


PARTS = [part for name in schemas.NAMES for part in below(schemas.load(name), name)]
PROPERTIES = [
    (f"{way}/{key}", schema)
    for way, part in PARTS
    for key, schema in part.get("properties", {}).items()
    if isinstance(schema, dict)
]


@pytest.mark.parametrize(
    ("way", "schema"),
    [(way, schema) for way, schema in PROPERTIES if way.startswith(WRITTEN_BY_PEOPLE)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_people_write_has_a_title_and_is_described_in_a_sentence(
    way: str, schema: dict[str, Any]
) -> None:
    # Editors show both; what a definition says of itself would take their place.
    assert schema["title"]
    assert schema["description"].endswith(".")


@pytest.mark.parametrize("name", WRITTEN_BY_PEOPLE)
def test_a_definition_that_many_keys_share_says_nothing_of_itself(name: str) -> None:
    assert schemas.load(name)["definitions"]["id"].keys().isdisjoint({"title", "description"})


@pytest.mark.parametrize(
    ("way", "schema"),
    [(way, part) for way, part in PARTS if "examples" in part],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_examples_are_valid(way: str, schema: dict[str, Any]) -> None:
    definitions = schemas.load(way.partition("/")[0]).get("definitions", {})
    validator = Draft7Validator(schema | {"definitions": definitions})
    for example in schema["examples"]:
        validator.validate(example)


@pytest.mark.parametrize(
    ("way", "schema"),
    [(way, part) for way, part in PARTS if "properties" in part],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_key_but_the_known_ones_may_stand_anywhere(way: str, schema: dict[str, Any]) -> None:
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("way", "schema"),
    [
        (way, part)
        for way, part in PARTS
        if isinstance(part.get("pattern"), str) and way.startswith(WRITTEN_BY_PEOPLE)
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pattern_binds_the_whole_text_and_is_put_in_words(
    way: str, schema: dict[str, Any]
) -> None:
    assert (schema["pattern"][0], schema["pattern"][-1]) == ("^", "$")
    assert schema["patternErrorMessage"]


def test_the_fields_that_projects_may_default_are_described_as_in_a_manifest() -> None:
    campaign = schemas.load("campaign")["properties"]
    defaults = schemas.load("project")["properties"]["defaults"]["properties"]
    assert {key: campaign[key] for key in defaults} == defaults
    assert (
        schemas.load("campaign")["definitions"]["id"]
        == (schemas.load("project")["definitions"]["id"])
    )
