"""Findings for people: each with its place on a line of its own, its source line, and its cure.

The line with the place is what terminals make a link of, and what grep finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringg_runner.diagnostics import Severity
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.pipeline import Checked

_COLOURS: Mapping[Severity, str] = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}


def lines(checked: Checked, width: int) -> Iterator[str]:
    """Yield every finding in full, then the summary."""
    yield from of_findings(checked.findings, width)
    yield summary(checked)


def of_findings(findings: Iterable[Diagnostic], width: int) -> Iterator[str]:
    """Yield every finding in full, a blank line after each: no wider than `width` where it quotes.

    What has neither a source line nor a hint to show is one line.
    """
    for finding in findings:
        yield from _in_full(finding, width)


def _in_full(finding: Diagnostic, width: int) -> Iterator[str]:
    # Where nothing is wrong, nothing is quoted.
    from ringg_runner.report.findings import excerpt

    yield f"{_head(finding)} [{finding.rule}]"
    shown = excerpt.of(finding, width)
    if shown:
        yield f"{shown.gutter} | {shown.source}"
        carets = click.style(shown.carets, fg=_COLOURS[finding.severity])
        yield f"{' ' * len(shown.gutter)} | {shown.indent}{carets}"
    if finding.hint:
        yield f"  {click.style('help:', fg='cyan')} {showable(finding.hint)}"
    yield ""


def one_line(finding: Diagnostic) -> str:
    """Return a finding with its hint as one line."""
    hint = f"; {showable(finding.hint)}" if finding.hint else ""
    return f"{_head(finding)}{hint} [{finding.rule}]"


def summary(checked: Checked) -> str:
    """Return how much was found, in how much."""
    return (
        f"{counted(checked.errors, 'error')}, {counted(checked.warnings, 'warning')}"
        f" in {counted(checked.manifests, 'manifest')} of {counted(len(checked.files), 'file')}"
    )


def counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _head(finding: Diagnostic) -> str:
    line, column = finding.position
    severity = click.style(f"{finding.severity}:", fg=_COLOURS[finding.severity])
    return f"{showable(finding.file)}:{line}:{column}: {severity} {showable(finding.message)}"
