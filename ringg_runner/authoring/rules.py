"""The registry of rules, and how a project sets them.

The page `docs/rules.md` is the registry: its table says of each rule how much a finding weighs and
why that may not be lowered, and a section explains it. What is written once cannot disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ringg_runner.diagnostics import Severity, did_you_mean
from ringg_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringg_runner.diagnostics import Diagnostic

OFF = "off"
LEVELS = (OFF, Severity.INFO, Severity.WARNING, Severity.ERROR)
"""What a rule can be set to, the lightest first."""

_PACKAGE = Path(__file__).parent.parent
_ROW = re.compile(
    r"^\| \[`(?P<name>[a-z0-9-]+)`\]\(#.*?\) \| (?P<severity>\w+) \| (?P<summary>.*?) \|"
    r" (?P<fixed>.*?) ?\|$",
    re.MULTILINE,
)
_SECTION = re.compile(r"^## (?P<name>[a-z0-9-]+)\n\n(?P<text>.*?)\n(?=^## |\Z)", re.DOTALL | re.M)


@dataclass(frozen=True, slots=True)
class Rule:
    """What findings of one name have in common.

    `fixed` says why it cannot be lowered, and is empty where it can. `explanation` is Markdown,
    with an example of a mistake, what is said of it, and how it is mended.
    """

    name: str
    severity: Severity
    summary: str
    fixed: str
    explanation: str


def page() -> str:
    """Return the page of all rules; a wheel carries it inside the package."""
    inside = _PACKAGE / "rules.md"
    file = inside if inside.is_file() else _PACKAGE.parent / "docs" / "rules.md"
    return file.read_text(encoding="utf-8")


@cache
def registry() -> Mapping[str, Rule]:
    """Return all rules by name, in the order of the page."""
    text = page()
    sections = {found["name"]: found["text"].strip() for found in _SECTION.finditer(text)}
    rows = [found.groupdict() for found in _ROW.finditer(text)]
    return {
        row["name"]: Rule(
            row["name"],
            Severity(row["severity"]),
            row["summary"],
            row["fixed"],
            sections[row["name"]],
        )
        for row in rows
    }


def rule(name: str) -> Rule:
    """Return the rule of that name; raises UsageError where there is none."""
    if found := registry().get(name):
        return found
    hint = did_you_mean(name, registry()) or "ringg-runner rule lists them all"
    raise UsageError(f"no rule is called {name}", hint)


def is_lower(level: str, rule: Rule) -> bool:
    """Tell whether a level weighs less than the rule does by itself."""
    return LEVELS.index(level) < LEVELS.index(rule.severity)


def weigh(
    findings: Iterable[Diagnostic], levels: Mapping[str, str], *, strict: bool
) -> Iterator[Diagnostic]:
    """Yield the findings as the project weighs them; with `strict` a warning is an error."""
    for finding in findings:
        level = levels.get(finding.rule, finding.severity)
        if strict and level == Severity.WARNING:
            level = Severity.ERROR
        if level == finding.severity:
            yield finding
        elif level != OFF:
            yield replace(finding, severity=Severity(level))
