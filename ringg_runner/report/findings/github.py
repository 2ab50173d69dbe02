"""Findings as workflow commands, which GitHub Actions shows beside the changed lines.

How a command is escaped: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringg_runner.diagnostics import Severity
from ringg_runner.redaction import showable, writable
from ringg_runner.report.findings.text import counted, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.pipeline import Checked

SHOWN = 10
"""How many annotations of one kind GitHub shows for a step."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield one command for each finding, the summary, and what GitHub will not show, if any."""
    yield from map(_annotation, checked.findings)
    yield summary(checked)
    kinds = Counter(_COMMANDS[finding.severity] for finding in checked.findings)
    hidden = [counted(count - SHOWN, kind) for kind, count in kinds.items() if count > SHOWN]
    if hidden:
        said = (
            f"{' and '.join(hidden)} more in the log of this step: GitHub shows {SHOWN} of a kind"
        )
        yield _command("notice", {"title": "ringg-runner"}, said)


def _annotation(finding: Diagnostic) -> str:
    line, column = finding.position
    # The log shows the message alone, so the place stands in it too.
    told = f"{finding.file}:{line}:{column}: {showable(finding.message)}"
    if finding.hint:
        told += f"\nhelp: {showable(finding.hint)}"
    properties = {
        "file": finding.file,
        **_stretch(finding),
        "title": f"ringg-runner {finding.rule}",
    }
    return _command(_COMMANDS[finding.severity], properties, told)


def _stretch(finding: Diagnostic) -> dict[str, str]:
    """Return the lines, and the columns where GitHub takes them: within one line."""
    line, column = finding.position
    end = finding.end
    if end is None:
        return {"line": str(line), "col": str(column)}
    if end.line > line:
        return {"line": str(line), "endLine": str(end.line)}
    return {
        "line": str(line),
        "endLine": str(line),
        "col": str(column),
        "endColumn": str(end.column),
    }


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{key}={_of_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_of_message(message)}"


def _of_message(text: str) -> str:
    return writable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _of_property(text: str) -> str:
    return _of_message(text).replace(":", "%3A").replace(",", "%2C")
