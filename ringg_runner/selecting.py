"""Narrows down what a command is about: by labels, names, what a branch touches, and a number.

A pure function from campaigns to those that are selected, and to how that is told.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.campaigns import in_order
from ringg_runner.diagnostics import did_you_mean
from ringg_runner.errors import InvalidInputError
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringg_runner.campaigns import Campaign
    from ringg_runner.labels import Selector


@dataclass(frozen=True, slots=True)
class Criteria:
    """What campaigns are selected by; one that fulfils all that is given is selected.

    `names` are names or globs, any of which may match; `changed_since` is a git ref; `limit` is how
    many there may be at the most. `allow_empty` where it is fine to select none.
    """

    selectors: tuple[Selector, ...] = ()
    names: tuple[str, ...] = ()
    changed_since: str | None = None
    limit: int | None = None
    allow_empty: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        """Each criterion, as people read it."""
        shown = [*map(str, self.selectors)]
        if self.names:
            shown.append(f"name {' or '.join(self.names)}")
        if self.changed_since is not None:
            shown.append(f"changed since {self.changed_since}")
        if self.limit is not None:
            shown.append(f"the first {self.limit}")
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Touched:
    """The manifests' files that a branch touches, and the project file where it is touched too."""

    files: frozenset[str]
    project_file: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is good to know beside the files."""
        if self.project_file is None:
            return ()
        name = showable(self.project_file)
        return (f"{name} changed too; manifests that only it affects are not selected",)


@dataclass(frozen=True, slots=True)
class Selected:
    """How many campaigns are selected, of how many, and by which criteria."""

    count: int
    of: int
    by: tuple[str, ...] = ()

    @property
    def figures(self) -> str:
        """How many of how many, and why just those."""
        by = f" ({'; '.join(map(showable, self.by))})" if self.by else ""
        return f"{self.count} of {self.of}{by}"

    def __str__(self) -> str:
        """Return it in words."""
        return f"selected {self.figures}"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The campaigns that are selected; `doubts` say what of the criteria looks like a slip."""

    campaigns: tuple[Campaign, ...]
    selected: Selected
    doubts: tuple[str, ...] = ()


def select(
    campaigns: Sequence[Campaign], criteria: Criteria, touched: Touched | None = None
) -> Narrowed:
    """Select campaigns; `touched` is what changed since the ref of the criteria, if they have one.

    Raises InvalidInputError where the criteria select none, or where one of their names matches
    none, unless they allow that.
    """
    doubts = tuple(_doubts(campaigns, criteria.selectors))
    named = _named(campaigns, criteria)
    chosen = [
        campaign
        for campaign in campaigns
        if all(selector.holds(campaign.labels) for selector in criteria.selectors)
        and (named is None or campaign.name in named)
        and (touched is None or campaign.file in touched.files)
    ]
    if criteria.limit is not None:
        chosen = in_order(chosen)[: criteria.limit]
    selected = Selected(len(chosen), len(campaigns), criteria.shown)
    if not (chosen or criteria.allow_empty):
        raise _nothing(selected, *doubts, *(touched.notes if touched else ()))
    return Narrowed(tuple(chosen), selected, doubts)


def _named(campaigns: Sequence[Campaign], criteria: Criteria) -> frozenset[str] | None:
    """Return the names that are meant; None where all are.

    A name without a match is an error of its own: beside others it would be missed in silence.
    """
    if not criteria.names:
        return None
    known = [campaign.name for campaign in campaigns]
    meant: set[str] = set()
    for name in criteria.names:
        found = set(filter(re.compile(fnmatch.translate(name)).match, known))
        if not (found or criteria.allow_empty):
            near = did_you_mean(name, known)
            raise _nothing(Selected(0, len(known), (f"name {name}",)), *filter(None, [near]))
        meant |= found
    return frozenset(meant)


def _doubts(campaigns: Sequence[Campaign], selectors: Iterable[Selector]) -> Iterator[str]:
    """Yield each label that no campaign has while some have one that is spelled nearly alike."""
    requirements = [requirement for one in selectors for requirement in one.requirements]
    if not requirements:
        return
    known: dict[str, set[str]] = {}
    for campaign in campaigns:
        for key, value in campaign.labels.items():
            known.setdefault(key, set()).add(value)
    for requirement in requirements:
        key, values = requirement.key, known.get(requirement.key)
        if values is None:
            doubtful = [(f"the label {key}", did_you_mean(key, known))]
        else:
            unknown = [value for value in requirement.values or () if value not in values]
            doubtful = [(f"{key}={value}", did_you_mean(value, values)) for value in unknown]
        yield from (f"no campaign has {what}; {near}" for what, near in doubtful if near)


def _nothing(selected: Selected, *hints: str) -> InvalidInputError:
    hint = next(iter(hints), "where that is as it should be, give --allow-empty")
    return InvalidInputError(f"nothing selected: {selected.figures}", showable(hint))
