"""References in a text: replaced, all of their problems told, and never exploding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.authoring.references import (
    MAX_LENGTH,
    Problem,
    Resolved,
    Unresolved,
    escape,
    names,
    resolve,
    sole,
)


def looking_in(**names: str | Resolved) -> "Names":
    return Names(names)


class Names:
    """Looks names up, and counts how often it is asked."""

    def __init__(self, names: dict[str, str | Resolved]) -> None:
        self.names = names
        self.asked: list[str] = []

    def __call__(self, name: str) -> Resolved | Problem:
        self.asked.append(name)
        value = self.names.get(name)
        if value is None:
            return Problem(f"${{{name}}}", "unknown-reference", f"unknown: {name}", None)
        return value if isinstance(value, Resolved) else Resolved(value)


def problems(text: str, **names: str | Resolved) -> list[tuple[str, str]]:
    value = resolve(text, looking_in(**names))
    assert isinstance(value, Unresolved)
    return [(problem.fragment, problem.rule) for problem in value.problems]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("", ""),
        ("plain", "plain"),
        ("${a}", "1"),
        ("x${a}y${b}z", "x1y2z"),
        ("${nested}", "<1>"),
        ("${twice}", "<1><1>"),
        ("$${a}", "${a}"),
        ("$$${a}", "$${a}"),
        ("$${${a}}", "${1}"),
        ("$a $ {a} {a} $", "$a $ {a} {a} $"),
        ("${literal}", "${a}"),
        ("${dollar}{a}", "${a}"),
    ],
)
def test_references_are_replaced_and_all_else_stays(text: str, resolved: str) -> None:
    names = looking_in(
        a="1", b="2", nested="<${a}>", twice="${nested}${nested}", literal="$${a}", dollar="$"
    )
    assert resolve(text, names) == Resolved(resolved)


@pytest.mark.parametrize(
    "fragment", ["${}", "${a b}", "${a", "${", "${ a }", "${a${b}", "${a$}", "${a\nb}"]
)
def test_what_is_not_quite_a_reference_is_told(fragment: str) -> None:
    value = resolve(fragment, looking_in(a="1", b="2"))
    assert isinstance(value, Unresolved)
    (problem,) = value.problems
    assert (problem.fragment, problem.rule) == (fragment, "malformed-reference")
    assert problem.hint == "write ${group.name}, or $${ for a literal ${"


def test_all_problems_of_a_text_are_told_at_once_and_each_once() -> None:
    assert problems("${x} ${} ${y} ${x}") == [
        ("${x}", "unknown-reference"),
        ("${}", "malformed-reference"),
        ("${y}", "unknown-reference"),
    ]


def test_a_problem_within_a_reference_is_told_of_the_reference_that_is_written() -> None:
    assert problems("${a}", a="${b}", b="${x} ${y}") == [
        ("${a}", "unknown-reference"),
        ("${a}", "unknown-reference"),
    ]


@pytest.mark.parametrize(
    ("names", "circle"),
    [
        ({"a": "${a}"}, "a → a"),
        ({"a": "${b}", "b": "${c}", "c": "${a}"}, "a → b → c → a"),
        ({"a": "${b}", "b": "${c}", "c": "${b}"}, "b → c → b"),
    ],
    ids=["itself", "a round", "further on"],
)
def test_a_circle_is_told_with_its_way(names: dict[str, str], circle: str) -> None:
    value = resolve("${a}", looking_in(**names))
    assert isinstance(value, Unresolved)
    (problem,) = value.problems
    assert (problem.fragment, problem.rule, problem.hint) == ("${a}", "circular-reference", circle)


def test_a_name_is_looked_up_once_however_often_it_is_used() -> None:
    names = looking_in(a="${b}${b}", b="${c}${c}", c="x")
    assert resolve("${a}${a}${b}", names) == Resolved("x" * 10)
    assert names.asked == ["a", "b", "c"]


def test_references_that_double_each_other_are_refused_before_they_explode() -> None:
    names = {f"n{level}": f"${{n{level + 1}}}" * 2 for level in range(100)}
    assert problems("${n0}", **names, n100="x") == [("${n0}", "too-long")]


def test_a_reference_may_stand_for_as_much_as_is_allowed() -> None:
    assert resolve("${a}", looking_in(a="x" * MAX_LENGTH)) == Resolved("x" * MAX_LENGTH)
    assert problems("${a}", a="x" * (MAX_LENGTH + 1)) == [("${a}", "too-long")]


def test_many_references_in_one_text_are_bounded_together() -> None:
    assert problems("<${a}${a}>", a="x" * MAX_LENGTH) == [("${a}", "too-long")]


@pytest.mark.parametrize(
    ("text", "private"),
    [("${open}", False), ("${secret}", True), ("${open}${around}", True), ("$${secret}", False)],
    ids=["open", "secret", "around a secret", "escaped"],
)
def test_a_text_is_private_where_any_of_it_is(text: str, private: bool) -> None:
    names = looking_in(open="o", secret=Resolved("s", private=True), around="<${secret}>")
    value = resolve(text, names)
    assert isinstance(value, Resolved)
    assert value.private is private


TEXTS = st.text() | st.text(alphabet="${}ab. ")


def refusing(name: str) -> Resolved | Problem:
    raise AssertionError(f"{name} was looked up")


@given(TEXTS)
def test_an_escaped_text_comes_back_as_it_was_and_refers_to_nothing(text: str) -> None:
    assert resolve(escape(text), refusing) == Resolved(text, private=False)


@given(TEXTS, TEXTS)
def test_an_escaped_value_is_never_read_again(value: str, around: str) -> None:
    text = f"{escape(around)} ${{a}} {escape(around)}"
    assert resolve(text, looking_in(a=escape(value))) == Resolved(f"{around} {value} {around}")


@given(TEXTS)
def test_no_text_breaks_the_walk(text: str) -> None:
    value = resolve(text, looking_in(a="${b}", b="${a}"))
    assert isinstance(value, Resolved) or value.problems


def test_the_names_in_a_text_are_those_of_its_references() -> None:
    text = "${agents.a} $${agents.b} ${} ${agents.c}${env.D}"
    assert list(names(text)) == ["agents.a", "agents.c", "env.D"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("${agents.a}", "agents.a"),
        ("${agents.a} ", None),
        ("${agents.a}${agents.a}", None),
        ("$${", None),
        ("${}", None),
        ("agents.a", None),
    ],
)
def test_a_text_may_be_one_reference_alone(text: str, name: str | None) -> None:
    assert sole(text) == name
