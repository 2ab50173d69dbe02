"""Findings as a SARIF 2.1.0 log, which GitHub code scanning and editors read.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of
it: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ringg_runner import __version__
from ringg_runner.authoring.rules import registry
from ringg_runner.diagnostics import Severity
from ringg_runner.redaction import writable
from ringg_runner.report.findings.fingerprints import marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.pipeline import Checked

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "%SRCROOT%"


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield the log, in ASCII whatever the encoding of the output."""
    yield json.dumps(_log(checked), indent=2)


def _log(checked: Checked) -> dict[str, Any]:
    told = {finding.rule for finding in checked.findings}
    rules = sorted(told | registry().keys())
    index = {rule: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ringg-runner",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, index[finding.rule], fingerprint)
                    for finding, fingerprint in marked(checked.findings)
                ],
            }
        ],
    }


def _rule(rule: str) -> dict[str, Any]:
    known = registry().get(rule)
    if known is None:
        said = {"text": rule}
        return {"id": rule, "shortDescription": said, "fullDescription": said, "help": said}
    said = {"text": known.summary}
    return {
        "id": rule,
        "shortDescription": said,
        "fullDescription": said,
        "help": {"text": known.explanation, "markdown": known.explanation},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(finding: Diagnostic, rule_index: int, fingerprint: str) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.file),
                    "region": _region(finding),
                }
            }
        ],
        # GitHub adds its own kind when a log is uploaded, and warns where somebody else made one.
        "partialFingerprints": {"ringgRunner/v1": fingerprint},
    }


def _message(finding: Diagnostic) -> str:
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    # In SARIF, [text](target) is a link; no manifest shall write one into an alert.
    return writable(text).replace("](", "] (")


def _artifact(file: str) -> dict[str, str]:
    """Return a URI for a file, of the very bytes of its name: relative where the name is."""
    path = quote(os.fsencode(file))
    if PurePath(file).is_absolute():
        return {"uri": f"file://{path}"}
    return {"uri": path, "uriBaseId": _ROOT}


def _region(finding: Diagnostic) -> dict[str, int]:
    line, column = finding.position
    region = {"startLine": line, "startColumn": column}
    if finding.end:
        region |= {"endLine": finding.end.line, "endColumn": finding.end.column}
    return region
