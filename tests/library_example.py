"""The example of docs/reference/python.md, where types are checked; a test runs it."""

from datetime import UTC, datetime
from pathlib import Path

import ringg_runner

LISTS = {
    "north": "4d2f3b0a-77c1-4b7e-9a55-0f6d3c2b1a01",
    "south": "9b1c8e7d-2f34-4a6b-8c5d-7e6f5a4b3c02",
}

manifests = [
    {
        "version": 1,
        "name": f"feedback-{region}",
        "agent_id": "${agents.feedback}",
        "list_id": list_id,
        "number_pool_id": "${number_pools.india}",
        "labels": {"region": region, "wave": "07"},
        "start": {"not_before": datetime(2026, 11, 1, 3, 30, tzinfo=UTC)},
    }
    for region, list_id in LISTS.items()
]
Path("campaigns").mkdir()
Path("campaigns/feedback.yaml").write_text(ringg_runner.dump(*manifests), encoding="utf-8")
print(Path("campaigns/feedback.yaml").read_text(encoding="utf-8"))

checked = ringg_runner.validate()
for finding in checked.findings:
    place = f"{finding.file}:{finding.position.line}:{finding.position.column}"
    print(f"{place}: {finding.severity}: {finding.message} [{finding.rule}]")
print(checked.errors, "errors in", checked.manifests, "manifests")

ids = {"agents": {"feedback": "agent-feedback"}, "number_pools": {"india": "pool-india"}}
project = ringg_runner.dump({"version": 1, "environments": {"sandbox": ids}})
Path("ringg-runner.yaml").write_text(project, encoding="utf-8")

for campaign in ringg_runner.load(environment="sandbox"):
    print(campaign.name, campaign.list_id, campaign.request.agent_id, campaign.labels["region"])

plan = ringg_runner.plan(environment="sandbox")
for planned in plan.starts:
    print(planned.action, planned.campaign.name, planned.campaign.request.body["list_id"])
print(plan.summary[ringg_runner.Action.START], "to start; not checked:", plan.not_checked[-1])

try:
    ringg_runner.load(environment="production")
except ringg_runner.FindingsError as failure:
    print(len(failure.findings), "findings:", failure)
try:
    ringg_runner.plan(environment="prodution")
except ringg_runner.UsageError as failure:
    print(failure, "-", failure.hint)
