"""`rule`: explains what a finding means, and lists all that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringg_runner.cli.output import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringg_runner.authoring.rules import Rule


@click.command("rule", short_help="Explain a rule of validate, or list them all.")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Explain the rule NAME, which stands in brackets behind each finding.

    Without NAME all rules are listed. How they are set in the project file is said there too.
    """
    from ringg_runner.authoring import rules

    show(*(_list(rules.registry().values()) if name is None else _explain(rules.rule(name))))


def _list(rules: Iterable[Rule]) -> Iterator[str]:
    known = list(rules)
    names = max(len(rule.name) for rule in known)
    severities = max(len(rule.severity) for rule in known)
    for rule in known:
        yield f"{rule.name:{names}}  {rule.severity:{severities}}  {rule.summary}"


def _explain(rule: Rule) -> Iterator[str]:
    yield f"{rule.name} ({rule.severity}): {rule.summary}"
    yield ""
    yield rule.explanation
    yield ""
    if rule.fixed:
        yield f"It cannot be lowered: {rule.fixed}."
    else:
        yield f"Set it in the project file, under rules: {rule.name}: off, info, warning or error."
