"""Findings as a JUnit report, which Jenkins, GitLab and others show among test results.

A file is a test case. Its errors are one failure, since Jenkins reads no second one; what stops
nothing stands in its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ringg_runner.diagnostics import Severity
from ringg_runner.redaction import showable, writable
from ringg_runner.report.findings.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.pipeline import Checked

_NAME = "ringg-runner"


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield the report, in ASCII whatever the encoding of the output."""
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in checked.files}
    for finding in checked.findings:
        by_file.setdefault(finding.file, []).append(finding)
    cases = [_case(name, by_file[name]) for name in sorted(by_file)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
    }
    suites = ET.Element("testsuites", {"name": _NAME, **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "validate", **counts, "skipped": "0"})
    suite.extend(cases)
    ET.indent(suites)
    yield ET.tostring(suites, encoding="us-ascii", xml_declaration=True).decode("ascii")


def _case(name: str, findings: Sequence[Diagnostic]) -> ET.Element:
    case = ET.Element("testcase", {"name": writable(name), "classname": f"{_NAME}.validate"})
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    others = [finding for finding in findings if finding.severity is not Severity.ERROR]
    if errors:
        told = {"type": errors[0].rule, "message": _message(errors)}
        ET.SubElement(case, "failure", told).text = _listed(errors)
    if others:
        ET.SubElement(case, "system-out").text = _listed(others)
    return case


def _message(errors: Sequence[Diagnostic]) -> str:
    first = writable(showable(errors[0].message))
    return first if len(errors) == 1 else f"{counted(len(errors), 'error')}, the first: {first}"


def _listed(findings: Sequence[Diagnostic]) -> str:
    return "\n".join(map(_line, findings))


def _line(finding: Diagnostic) -> str:
    line, column = finding.position
    hint = f"; {finding.hint}" if finding.hint else ""
    told = f"{finding.file}:{line}:{column}: {finding.severity}: {finding.message}{hint}"
    return writable(f"{showable(told)} [{finding.rule}]")
