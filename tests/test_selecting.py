"""Which campaigns are selected, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import pytest
from build import a_campaign
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.campaigns import Campaign
from ringg_runner.errors import InvalidInputError
from ringg_runner.labels import Selector, parse_selector
from ringg_runner.selecting import Criteria, Narrowed, Selected, Touched, select

CAMPAIGNS = (
    a_campaign(name="diwali-north", file="b.yaml", labels={"team": "growth", "region": "north"}),
    a_campaign(name="diwali-south", file="b.yaml", line=9, labels={"team": "growth"}),
    a_campaign(name="feedback", file="a.yaml", labels={"team": "care", "region": "south"}),
    a_campaign(name="winback", file="c.yaml"),
)


def by(*selectors: str) -> tuple[Selector, ...]:
    return tuple(map(parse_selector, selectors))


def names(narrowed: Narrowed) -> list[str]:
    return [campaign.name for campaign in narrowed.campaigns]


@pytest.mark.parametrize(
    ("criteria", "selected"),
    [
        (Criteria(), ["diwali-north", "diwali-south", "feedback", "winback"]),
        (Criteria(by("team=growth")), ["diwali-north", "diwali-south"]),
        (Criteria(by("team=growth", "region")), ["diwali-north"]),
        (Criteria(by("!team")), ["winback"]),
        (Criteria(by("region!=south")), ["diwali-north", "diwali-south", "winback"]),
        (Criteria(names=("winback",)), ["winback"]),
        (Criteria(names=("diwali-*",)), ["diwali-north", "diwali-south"]),
        (Criteria(names=("winback", "*-north")), ["diwali-north", "winback"]),
        (Criteria(names=("diwali-[!n]*",)), ["diwali-south"]),
        (Criteria(names=("feed????",)), ["feedback"]),
        (Criteria(by("team=growth"), ("*-south", "feedback")), ["diwali-south"]),
        (Criteria(limit=1), ["feedback"]),
        (Criteria(limit=2), ["feedback", "diwali-north"]),
        (Criteria(limit=99), ["feedback", "diwali-north", "diwali-south", "winback"]),
        (Criteria(by("team=growth"), limit=1), ["diwali-north"]),
    ],
    ids=lambda value: "; ".join(value.shown) if isinstance(value, Criteria) else None,
)
def test_a_campaign_is_selected_that_fulfils_all_criteria(
    criteria: Criteria, selected: list[str]
) -> None:
    narrowed = select(CAMPAIGNS, criteria)
    assert names(narrowed) == selected
    assert narrowed.selected == Selected(len(selected), 4, criteria.shown)
    assert narrowed.doubts == ()


def test_what_a_branch_does_not_touch_is_left_out() -> None:
    touched = Touched(frozenset({"b.yaml", "elsewhere.yaml"}))
    criteria = Criteria(by("region"), changed_since="main")
    assert names(select(CAMPAIGNS, criteria, touched)) == ["diwali-north"]


def test_the_limit_counts_what_is_selected_otherwise() -> None:
    touched = Touched(frozenset({"b.yaml", "c.yaml"}))
    narrowed = select(CAMPAIGNS, Criteria(changed_since="main", limit=2), touched)
    assert names(narrowed) == ["diwali-north", "diwali-south"]


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        (Criteria(), "selected 3 of 40"),
        (Criteria(allow_empty=True), "selected 3 of 40"),
        (Criteria(by("team == growth , !x")), "selected 3 of 40 (team=growth,!x)"),
        (Criteria(by("team=growth", "!x")), "selected 3 of 40 (team=growth; !x)"),
        (Criteria(names=("diwali-*", "a")), "selected 3 of 40 (name diwali-* or a)"),
        (Criteria(names=("",)), "selected 3 of 40 (name)"),
        (Criteria(changed_since="origin/main"), "selected 3 of 40 (changed since origin/main)"),
        (Criteria(limit=3), "selected 3 of 40 (the first 3)"),
        (
            Criteria(by("a"), ("b",), "c", 3),
            "selected 3 of 40 (a; name b; changed since c; the first 3)",
        ),
        (Criteria(names=("a\x1b[2J\n",)), "selected 3 of 40 (name a [2J)"),
    ],
)
def test_what_is_selected_is_told_with_its_criteria(criteria: Criteria, told: str) -> None:
    assert str(Selected(3, 40, criteria.shown)) == told


@pytest.mark.parametrize(
    ("criteria", "touched", "said", "hint"),
    [
        (
            Criteria(by("team=grwoth")),
            None,
            "nothing selected: 0 of 4 (team=grwoth)",
            "no campaign has team=grwoth; did you mean growth?",
        ),
        (
            Criteria(by("taem=growth")),
            None,
            "nothing selected: 0 of 4 (taem=growth)",
            "no campaign has the label taem; did you mean team?",
        ),
        (
            Criteria(by("region=north", "team in (care,sales)")),
            None,
            "nothing selected: 0 of 4 (region=north; team in (care,sales))",
            "where that is as it should be, give --allow-empty",
        ),
        (
            Criteria(by("taem")),
            None,
            "nothing selected: 0 of 4 (taem)",
            "no campaign has the label taem; did you mean team?",
        ),
        (
            Criteria(names=("winbak",)),
            None,
            "nothing selected: 0 of 4 (name winbak)",
            "did you mean winback?",
        ),
        (
            Criteria(names=("Winback",)),
            None,
            "nothing selected: 0 of 4 (name Winback)",
            "did you mean winback?",
        ),
        (
            Criteria(names=("win",)),
            None,
            "nothing selected: 0 of 4 (name win)",
            "did you mean winback?",
        ),
        (
            Criteria(names=("eid-*",)),
            None,
            "nothing selected: 0 of 4 (name eid-*)",
            "where that is as it should be, give --allow-empty",
        ),
        (
            Criteria(changed_since="main"),
            Touched(frozenset()),
            "nothing selected: 0 of 4 (changed since main)",
            "where that is as it should be, give --allow-empty",
        ),
        (
            Criteria(changed_since="main"),
            Touched(frozenset(), "ringg-runner.yaml"),
            "nothing selected: 0 of 4 (changed since main)",
            "ringg-runner.yaml changed too; manifests that only it affects are not selected",
        ),
    ],
)
def test_to_select_nothing_is_an_error_that_names_the_criteria(
    criteria: Criteria, touched: Touched | None, said: str, hint: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        select(CAMPAIGNS, criteria, touched)
    assert (str(caught.value), caught.value.hint) == (said, hint)


def test_one_name_without_a_match_is_an_error_beside_others_that_have_one() -> None:
    with pytest.raises(InvalidInputError, match=r"^nothing selected: 0 of 4 \(name winbak\)$"):
        select(CAMPAIGNS, Criteria(names=("feedback", "winbak")))


def test_criteria_may_allow_that_nothing_is_selected() -> None:
    for criteria in (
        Criteria(by("team=grwoth"), allow_empty=True),
        Criteria(names=("winbak",), allow_empty=True),
    ):
        narrowed = select(CAMPAIGNS, criteria)
        assert narrowed.campaigns == ()
        assert narrowed.selected == Selected(0, 4, criteria.shown)
    assert select((), Criteria(allow_empty=True)).selected == Selected(0, 0)


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("region!=suoth", ["no campaign has region=suoth; did you mean south?"]),
        ("regon!=south", ["no campaign has the label regon; did you mean region?"]),
        ("!regon", ["no campaign has the label regon; did you mean region?"]),
        ("team in (growth,crae)", ["no campaign has team=crae; did you mean care?"]),
        ("team notin (care,gorwth,sales)", ["no campaign has team=gorwth; did you mean growth?"]),
        ("paused!=true", []),
        ("!paused", []),
        ("team!=sales", []),
        ("team!=", []),
    ],
)
def test_a_label_that_is_nearly_one_in_use_is_doubted(text: str, doubts: list[str]) -> None:
    assert list(select(CAMPAIGNS, Criteria(by(text))).doubts) == doubts


WORDS = st.text(alphabet="ab-", min_size=1, max_size=4)
GLOBS = st.text(alphabet="ab-*?[]!", max_size=4)


@st.composite
def many(draw: st.DrawFn) -> list[Campaign]:
    labelled = st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"))
    return [
        a_campaign(name=name, file=draw(st.sampled_from("123")), line=line, labels=draw(labelled))
        for line, name in enumerate(draw(st.lists(WORDS, unique=True)), start=1)
    ]


def naively(
    campaigns: Iterable[Campaign], criteria: Criteria, touched: Touched | None
) -> list[Campaign]:
    """The same, written down once more, one campaign after the other."""
    kept: list[Campaign] = []
    for campaign in sorted(campaigns, key=lambda one: (one.file, one.line)):
        wanted = all(selector.holds(campaign.labels) for selector in criteria.selectors)
        if criteria.names:
            wanted = wanted and any(fnmatchcase(campaign.name, name) for name in criteria.names)
        if touched is not None:
            wanted = wanted and campaign.file in touched.files
        if wanted and (criteria.limit is None or len(kept) < criteria.limit):
            kept.append(campaign)
    return kept


@given(
    many(),
    st.builds(
        Criteria,
        st.lists(st.sampled_from(by("x=1", "x!=1", "y", "!y,x"))).map(tuple),
        st.lists(GLOBS, max_size=3).map(tuple),
        limit=st.none() | st.integers(1, 3),
        allow_empty=st.just(True),
    ),
    st.none() | st.frozensets(st.sampled_from("123")).map(Touched),
)
def test_the_same_is_selected_as_by_looking_at_one_campaign_after_the_other(
    campaigns: list[Campaign], criteria: Criteria, touched: Touched | None
) -> None:
    narrowed = select(campaigns, criteria, touched)
    in_order = sorted(narrowed.campaigns, key=lambda one: (one.file, one.line))
    assert in_order == naively(campaigns, criteria, touched)
    assert narrowed.selected.count == len(in_order)
    assert narrowed.selected.of == len(campaigns)
