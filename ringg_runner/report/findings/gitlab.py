"""Findings as a Code Quality report, which GitLab shows in merge requests.

The format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ringg_runner.diagnostics import Severity
from ringg_runner.redaction import writable
from ringg_runner.report.findings.fingerprints import marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.pipeline import Checked

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield the report, in ASCII whatever the encoding of the output."""
    yield json.dumps([_issue(*pair) for pair in marked(checked.findings)], indent=2)


def _issue(finding: Diagnostic, fingerprint: str) -> dict[str, Any]:
    told = f"{finding.message}; {finding.hint}" if finding.hint else finding.message
    return {
        "description": writable(told),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": writable(finding.file),
            "lines": {"begin": finding.position.line},
        },
    }
