"""The JSON documents that the tool writes, each in the shape of its schema; one encoder for all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from ringg_runner.api.server_list import Row
    from ringg_runner.campaigns import Campaign, StartRequest
    from ringg_runner.diagnostics import Diagnostic
    from ringg_runner.guards import GuardCheck
    from ringg_runner.pipeline import Checked
    from ringg_runner.planner import Plan, PlannedStart
    from ringg_runner.runs import Attempt, Result, Run
    from ringg_runner.selecting import Selected
    from ringg_runner.waiting import Waited


def encode(document: dict[str, Any]) -> str:
    """Return a document as JSON text, its keys in the order in which they are documented."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def of_check(checked: Checked) -> dict[str, Any]:
    """Return a check as a document of kind `diagnostics`."""
    return {
        "version": 1,
        "kind": "diagnostics",
        "files": len(checked.files),
        "manifests": checked.manifests,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "diagnostics": [of_finding(finding) for finding in checked.findings],
    }


def of_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as a document of kind `plan`."""
    return {
        "version": 1,
        "kind": "plan",
        "environment": plan.environment.name,
        "base_url": plan.environment.base_url,
        "selected": of_selected(plan.selected),
        "digest": plan.digest,
        "summary": {str(action): count for action, count in plan.summary.items()},
        "people": plan.people,
        "read": {"ledger": plan.ledger_read, "server": plan.list_read},
        "not_checked": list(plan.not_checked),
        "guards": [_guard(check) for check in plan.guards],
        "manifests": [{"file": file, "digest": digest} for file, digest in plan.manifests.items()],
        "campaigns": [_planned(planned) for planned in plan.starts],
    }


def of_run(run: Run) -> dict[str, Any]:
    """Return a run as a document of kind `run`."""
    return {
        "version": 1,
        "kind": "run",
        "run_id": run.run_id,
        "environment": run.environment.name,
        "base_url": run.environment.base_url,
        "selected": of_selected(run.selected),
        "digest": run.digest,
        "started_at": format_moment(run.started_at),
        "finished_at": format_moment(run.finished_at),
        "recalled": run.recalled,
        "exit_code": None if run.recalled else int(run.exit_code),
        "stopped": str(run.stopped) if run.stopped else None,
        "summary": {str(outcome): count for outcome, count in run.summary.items()},
        "people": run.people,
        "guards": [_guard(check) for check in run.guards],
        "refusal": _guard(run.refusal) if run.refusal else None,
        "campaigns": [_result(result) for result in run.results],
        "waited": _waited_after_run(run.waited) if run.waited else None,
    }


def of_waited(waited: Waited) -> dict[str, Any]:
    """Return what waiting came to, as it stands in the document of a run and of a status."""
    return {
        "end": str(waited.end),
        "over": waited.waiting.over,
        "seconds": round(waited.seconds, 3),
        "counts": {str(fate): count for fate, count in waited.waiting.counts.items()},
    }


def of_row(row: Row | None) -> dict[str, Any] | None:
    """Return what the server's list says of a campaign; None where it is not there."""
    return {"status": row.word, "people": row.people} if row else None


def of_finding(finding: Diagnostic) -> dict[str, Any]:
    """Return a finding as it stands in a document of kind `diagnostics`."""
    return {
        "file": finding.file,
        "line": finding.position.line,
        "column": finding.position.column,
        "end": finding.end and {"line": finding.end.line, "column": finding.end.column},
        "severity": str(finding.severity),
        "rule": finding.rule,
        "message": finding.message,
        "hint": finding.hint,
    }


def of_campaign(campaign: Campaign) -> dict[str, Any]:
    """Return what every document says of a campaign: its name, its place and its list."""
    return {
        "name": campaign.name,
        "file": campaign.file or None,
        "line": campaign.line or None,
        "list_id": campaign.list_id,
    }


def of_selected(selected: Selected | None) -> dict[str, Any] | None:
    """Return what every document says of the selection that it is about."""
    if selected is None:
        return None
    return {"count": selected.count, "of": selected.of, "by": list(selected.by)}


def _planned(planned: PlannedStart) -> dict[str, Any]:
    entry, row = planned.entry, planned.row
    return {
        **of_campaign(planned.campaign),
        "action": str(planned.action),
        "evidence": str(planned.evidence) if planned.evidence else None,
        "reason": planned.reason,
        "people": planned.people,
        "ledger": entry and {"state": str(entry.state), "since": format_moment(entry.changed_at)},
        "server": row and {"status": row.word},
        "request": _request(planned.campaign.request),
    }


def _waited_after_run(waited: Waited) -> dict[str, Any]:
    return of_waited(waited) | {
        "campaigns": [
            {
                **of_campaign(seen.campaign),
                "server": of_row(seen.row),
                "since": format_moment(seen.since) if seen.since else None,
                "over": seen.over,
            }
            for seen in waited.waiting.campaigns
        ]
    }


def _request(request: StartRequest) -> dict[str, Any]:
    return {"method": "POST", "url": request.url, "body": request.kept_body}


def _guard(check: GuardCheck) -> dict[str, Any]:
    return {
        "guard": str(check.guard),
        "passes": check.passes,
        "limit": check.limit,
        "figure": check.figure,
        "place": check.place,
        "overridden": check.overridden,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        **of_campaign(result.campaign),
        "outcome": str(result.outcome),
        "evidence": str(result.evidence) if result.evidence else None,
        "reason": result.reason,
        "people": result.people,
        "has_ongoing_calls": result.has_ongoing_calls,
        "attempts": [_attempt(attempt) for attempt in result.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "n": attempt.n,
        "sent_at": format_moment(attempt.sent_at),
        "seconds": attempt.seconds,
        "status": attempt.status,
        "verdict": str(attempt.verdict),
        "detail": attempt.detail,
    }
