"""Runs as a JUnit report, which Jenkins, GitLab and others show among test results.

A campaign is a test case: a start that failed is a failure, one that may have happened an error,
and what was not to start, or was not reached, is skipped. A guard is a case too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ringg_runner.redaction import showable, writable
from ringg_runner.report import words
from ringg_runner.report.words import Standing
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan
    from ringg_runner.runs import Result, Run

_NAME = "ringg-runner"
_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.UNRESOLVED: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.HELD: "skipped",
    Outcome.CANCELLED: "skipped",
}


def plan_lines(
    plan: Plan,
    *,
    refused: str | None = None,
    verbose: bool = False,  # noqa: ARG001
) -> Iterator[str]:
    """Yield the report of an apply that was refused: no campaign was reached."""
    where = _where(plan.environment.name)
    cases = [_case(planned.campaign.name, where) for planned in plan.starts]
    for case, planned in zip(cases, plan.starts, strict=True):
        _add(case, "skipped", str(planned.action), f"{planned.action}: {planned.reason}")
    approval = _case("approval", where)
    _add(approval, "failure", "refused", refused or "the plan was not carried out")
    yield _report(where, [approval, *_guards(plan.guards, where), *cases])


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield the report of a run, in ASCII whatever the encoding of the output."""
    where = _where(run.environment.name)
    # The refusal is told once: as that of the guard among the others, or else as its own.
    guards = [check for check in run.guards if not run.refusal or check.guard != run.refusal.guard]
    if run.refusal:
        guards.append(run.refusal)
    cases = [*_guards(guards, where), *(_of_result(result, where) for result in run.results)]
    if run.stopped:
        stopped = _case("run", where)
        _add(stopped, "error", "stopped", f"nothing more was started: {run.stopped}")
        cases.insert(0, stopped)
    yield _report(where, cases)


def _guards(checks: Sequence[GuardCheck], where: str) -> Iterator[ET.Element]:
    for check in checks:
        case = _case(f"guard {check.guard}", where)
        if words.standing_of(check) is Standing.REFUSES:
            _add(case, "failure", str(check.guard), str(check))
        yield case


def _of_result(result: Result, where: str) -> ET.Element:
    seconds = sum(attempt.seconds for attempt in result.attempts)
    case = _case(result.campaign.name, where, f"{seconds:.3f}")
    told = f"{result.outcome}: {result.reason}"
    if element := _ELEMENTS.get(result.outcome):
        _add(case, element, str(result.outcome), told)
    out = [f"list {result.campaign.list_id}, {result.campaign.place}", told]
    out += map(words.of_attempt, result.attempts)
    ET.SubElement(case, "system-out").text = "\n".join(map(_shown, out))
    return case


def _where(environment: str) -> str:
    return f"{_NAME}.apply.{environment}"


def _case(name: str, where: str, seconds: str = "0") -> ET.Element:
    return ET.Element("testcase", {"name": name, "classname": where, "time": seconds})


def _add(case: ET.Element, element: str, kind: str, message: str) -> None:
    told = {"message": _shown(message)}
    if element != "skipped":
        told["type"] = kind
    ET.SubElement(case, element, told)


def _report(where: str, cases: Sequence[ET.Element]) -> str:
    counts = {"tests": str(len(cases))} | {
        plural: str(sum(case.find(element) is not None for case in cases))
        for plural, element in (("failures", "failure"), ("errors", "error"))
    }
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    suites = ET.Element("testsuites", {"name": _NAME, **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": where, **counts, "skipped": skipped})
    suite.extend(cases)
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii")


def _shown(text: str) -> str:
    return writable(showable(text))
