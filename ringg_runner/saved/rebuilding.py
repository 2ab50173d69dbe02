"""From the document of a saved plan back to the plan, as far as a document keeps it.

It keeps what an apply is held to. Of the ledger's entry it keeps the state and since when, of the
server's row the word and the people; of a private callback URL the digest. So a campaign from here
can be compared, and shown, and is never sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringg_runner.api.server_list import Row
from ringg_runner.authoring.environments import ALIAS_GROUPS, EMBEDDED_BASE_URL, Environment
from ringg_runner.campaigns import Campaign, StartRequest, Window, in_order
from ringg_runner.guards import Guard, GuardCheck
from ringg_runner.ledger.records import Entry, Key, RunInfo, State
from ringg_runner.planner import Action, Plan, PlannedStart
from ringg_runner.reviewed import SavedPlan
from ringg_runner.runs import Evidence
from ringg_runner.selecting import Selected
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from datetime import datetime

_NOBODY = RunInfo("", "", "", "")


def saved_plan(document: dict[str, Any]) -> SavedPlan:
    """Return the saved plan of a document that fits the schema.

    Raises ValueError for what no plan can be.
    """
    how = document["saved"]
    plan = Plan(
        _environment(document),
        tuple(_planned(campaign, document["base_url"]) for campaign in document["campaigns"]),
        tuple(document["not_checked"]),
        tuple(_guard(check) for check in document["guards"]),
        {manifest["file"]: manifest["digest"] for manifest in document["manifests"]},
        document["read"]["ledger"],
        document["read"]["server"],
        _selected(document["selected"]),
    )
    _refuse_impossible(plan)
    return SavedPlan(plan, _moment(how["made_at"]), how["version"], how["seal"])


def _environment(document: dict[str, Any]) -> Environment:
    base_url = document["base_url"]
    aliases: dict[str, dict[str, str]] = {group: {} for group in ALIAS_GROUPS}
    embedded = base_url == EMBEDDED_BASE_URL
    return Environment(document["environment"], base_url, embedded, aliases)


def _selected(document: dict[str, Any] | None) -> Selected | None:
    if document is None:
        return None
    return Selected(document["count"], document["of"], tuple(document["by"]))


def _planned(document: dict[str, Any], base_url: str) -> PlannedStart:
    request = StartRequest.of_kept(base_url, document["request"]["body"])
    campaign = Campaign(
        document["name"],
        document["file"],
        document["line"],
        request,
        labels={},
        enabled=True,
        window=Window(),
    )
    evidence = document["evidence"]
    return PlannedStart(
        campaign,
        Action(document["action"]),
        document["reason"],
        evidence and Evidence(evidence),
        _entry(document["ledger"], campaign),
        _row(document, campaign),
    )


def _entry(document: dict[str, Any] | None, campaign: Campaign) -> Entry | None:
    if document is None:
        return None
    return Entry(
        Key(campaign.request.base_url, campaign.list_id),
        State(document["state"]),
        campaign.name,
        _NOBODY,
        request={},
        evidence=None,
        reason="",
        changed_at=_moment(document["since"]),
    )


def _row(document: dict[str, Any], campaign: Campaign) -> Row | None:
    row = document["server"]
    return row and Row(campaign.list_id, row["status"], people=document["people"])


def _guard(document: dict[str, Any]) -> GuardCheck:
    return GuardCheck(
        Guard(document["guard"]),
        document["passes"],
        document["limit"],
        document["figure"],
        document["place"],
        document["overridden"],
    )


def _moment(text: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(f"{text} is no moment")
    return moment


def _refuse_impossible(plan: Plan) -> None:
    """Raise ValueError for what no planner makes of any manifests."""
    campaigns = [planned.campaign for planned in plan.starts]
    if campaigns != in_order(campaigns):
        raise ValueError("its campaigns are not in the order of their manifests")
    if len({campaign.name for campaign in campaigns}) < len(campaigns):
        raise ValueError("two campaigns have one name")
    if len({campaign.list_id for campaign in campaigns}) < len(campaigns):
        raise ValueError("two campaigns have one list")
    if list(plan.manifests) != sorted(plan.manifests):
        raise ValueError("its manifests are not in their order")
    for planned in plan.starts:
        name = planned.campaign.name
        if planned.campaign.file not in plan.manifests:
            raise ValueError(f"the manifest of {name} has no digest")
        if (planned.evidence is not None) is not (planned.action is Action.SKIP):
            raise ValueError(f"the evidence of {name} does not belong to a {planned.action}")
        if (planned.entry and not plan.ledger_read) or (planned.row and not plan.list_read):
            raise ValueError(f"it says how {name} stood, and that nobody looked")
