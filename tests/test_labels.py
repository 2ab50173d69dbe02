"""Selectors: kubectl's syntax, what it means, and what is said of a slip in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner import labels
from ringg_runner.authoring import schemas
from ringg_runner.errors import UsageError
from ringg_runner.labels import Requirement, Selector, parse_selector

GROWTH = {"team": "growth", "region": "north"}


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("team=growth", [Requirement("team", ("growth",))]),
        ("team==growth", [Requirement("team", ("growth",))]),
        ("team!=growth", [Requirement("team", ("growth",), negated=True)]),
        ("team in (growth,care)", [Requirement("team", ("growth", "care"))]),
        ("team notin (growth,care)", [Requirement("team", ("growth", "care"), negated=True)]),
        ("team", [Requirement("team")]),
        ("!team", [Requirement("team", negated=True)]),
        ("team=", [Requirement("team", ("",))]),
        ("team!=", [Requirement("team", ("",), negated=True)]),
        (
            "team=growth,region!=south",
            [Requirement("team", ("growth",)), Requirement("region", ("south",), negated=True)],
        ),
        (
            "a in (x,y),b,!c,d notin (z)",
            [
                Requirement("a", ("x", "y")),
                Requirement("b"),
                Requirement("c", negated=True),
                Requirement("d", ("z",), negated=True),
            ],
        ),
        (
            "  team =  growth ,\n! region , a  in( x , y )",
            [
                Requirement("team", ("growth",)),
                Requirement("region", negated=True),
                Requirement("a", ("x", "y")),
            ],
        ),
        ("a in (x,x)", [Requirement("a", ("x",))]),
        ("example.com/team_a-b=1.0_x-y", [Requirement("example.com/team_a-b", ("1.0_x-y",))]),
        ("in in (in,notin)", [Requirement("in", ("in", "notin"))]),
        ("notin", [Requirement("notin")]),
        ("in=notin", [Requirement("in", ("notin",))]),
        (f"{'k' * 63}={'v' * 63}", [Requirement("k" * 63, ("v" * 63,))]),
    ],
)
def test_a_selector_is_read_as_kubectl_reads_it(text: str, requirements: list[Requirement]) -> None:
    assert parse_selector(text) == Selector(tuple(requirements))


FORMS = "write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, with commas"
NAMES = "a label's name is 1 to 63"
VALUES = "a label's value is at most 63"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("", "it is empty", FORMS),
        ("  ", "it is empty", FORMS),
        ("team=growth,", "nothing stands beside a comma", FORMS),
        (",team=growth", "nothing stands beside a comma", FORMS),
        ("a,,b", "nothing stands beside a comma", FORMS),
        ("=growth", "a label's name is missing in =growth", FORMS),
        ("a, !=x", "a label's name is missing in !=x", FORMS),
        ("!", "a label's name is missing in !", FORMS),
        (" in (a)", "in (a) is no label's name", FORMS),
        ("team growth", "team growth is no label's name", FORMS),
        ("team in growth", "team in growth is no label's name", FORMS),
        ("team in (a", "team in (a is no label's name", FORMS),
        ("team in a)", "team in a) is no label's name", FORMS),
        ("team IN (a)", "team IN (a) is no label's name", FORMS),
        ("team>5", "team>5 is no label's name", FORMS),
        ("!team=growth", "team=growth is no label's name", FORMS),
        ("!!team", "!team is no label's name", FORMS),
        ("team=growth;region=north", "growth;region=north is no label's value", VALUES),
        ("team=gro wth", "gro wth is no label's value", VALUES),
        ("team=-growth", "-growth is no label's value", VALUES),
        ("team===growth", "=growth is no label's value", VALUES),
        ("team=a=b", "a=b is no label's value", VALUES),
        (f"team={'v' * 64}", f"{'v' * 64} is no label's value", VALUES),
        ("team in (a,b c)", "b c is no label's value", VALUES),
        ("team in (a,(b))", "team in (a is no label's name", FORMS),
        ("team in ()", "a value is missing in team in ()", FORMS),
        ("team in (a,)", "a value is missing in team in (a,)", FORMS),
        ("team notin (,a)", "a value is missing in team notin (,a)", FORMS),
        ("-team=growth", "-team is no label's name", NAMES),
        ("tëam", "tëam is no label's name", NAMES),
        ("k" * 64, f"{'k' * 64} is no label's name", NAMES),
        ("team=growth\x1b[2J", "growth [2J is no label's value", VALUES),
    ],
)
def test_a_slip_is_told_with_the_part_that_is_wrong(text: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selector(text)
    said = str(caught.value)
    assert said.startswith('--selector "')
    assert said.endswith(f'": {what}')
    assert "\x1b" not in said
    assert (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("team=growth", True),
        ("team=care", False),
        ("team!=care", True),
        ("team!=growth", False),
        ("team in (care,growth)", True),
        ("team in (care,sales)", False),
        ("team notin (care,sales)", True),
        ("team notin (care,growth)", False),
        ("team", True),
        ("!team", False),
        ("wave", False),
        ("!wave", True),
        ("wave=", False),
        ("wave=1", False),
        ("wave in (1,2)", False),
        ("wave!=1", True),
        ("wave!=", True),
        ("wave notin (1,2)", True),
        ("team=growth,region=north", True),
        ("team=growth,region!=north", False),
        ("Team=growth", False),
        ("team=Growth", False),
    ],
)
def test_a_label_that_is_missing_fulfils_only_what_is_negated(text: str, holds: bool) -> None:
    assert parse_selector(text).holds(GROWTH) is holds


def test_a_label_without_a_value_is_there() -> None:
    empty = {"team": ""}
    for text in ("team", "team=", "team!=growth", "team notin (growth)"):
        assert parse_selector(text).holds(empty), text
    for text in ("!team", "team!=", "team=growth"):
        assert not parse_selector(text).holds(empty), text


KEYS = st.sampled_from(["a", "b", "team", "in", "notin", "x/y"])
VALUES_ = st.sampled_from(["", "1", "2", "in", "v.1"])
SPACE = st.sampled_from(["", " ", "  ", "\t"])

Asked = tuple[str, Callable[[Mapping[str, str]], bool]]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """A requirement as text, and what it asks, written down once more."""
    key, value = draw(KEYS), draw(VALUES_)
    values = draw(st.lists(VALUES_.filter(bool), min_size=1))
    one, two = draw(SPACE), draw(SPACE)
    several = f"{one}({','.join(one + value + two for value in values)}){two}"
    choices: list[Asked] = [
        (f"{one}{key}{two}", lambda found: key in found),
        (f"{one}!{two}{key}", lambda found: key not in found),
        (f"{key}{one}={two}{value}", lambda found: key in found and found[key] == value),
        (f"{key}{one}=={two}{value}", lambda found: key in found and found[key] == value),
        (f"{key}{one}!={two}{value}", lambda found: key not in found or found[key] != value),
        (f"{key} in{several}", lambda found: key in found and found[key] in values),
        (f"{key} notin{several}", lambda found: key not in found or found[key] not in values),
    ]
    return draw(st.sampled_from(choices))


@given(st.lists(asked(), min_size=1, max_size=4), st.dictionaries(KEYS, VALUES_))
def test_a_selector_holds_where_each_of_its_parts_does(
    parts: list[Asked], found: dict[str, str]
) -> None:
    selector = parse_selector(",".join(text for text, _ in parts))
    assert selector.holds(found) is all(asks(found) for _, asks in parts)
    assert parse_selector(str(selector)) == selector


@given(st.text(alphabet=" ,=!()abin-<>", max_size=20))
def test_any_text_is_a_selector_or_wrong_usage(text: str) -> None:
    with suppress(UsageError):
        selector = parse_selector(text)
        assert parse_selector(str(selector)) == selector


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" team == growth , ! wave", "team=growth,!wave"),
        ("team in ( a )", "team=a"),
        ("team notin ( a )", "team!=a"),
        ("team notin ( a , b ),wave", "team notin (a,b),wave"),
    ],
)
def test_a_selector_is_shown_without_what_it_can_do_without(text: str, shown: str) -> None:
    assert str(parse_selector(text)) == shown


def test_names_and_values_are_those_of_the_schemas() -> None:
    campaign = schemas.load("campaign")["properties"]["labels"]
    project = schemas.load("project")["properties"]["defaults"]["properties"]["labels"]
    for schema in (campaign, project):
        assert schema["propertyNames"]["pattern"] == f"^{labels.NAME}$"
        assert schema["additionalProperties"]["pattern"] == f"^{labels.VALUE}$"
    assert re.fullmatch(labels.VALUE, "")
