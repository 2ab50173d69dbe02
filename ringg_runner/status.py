"""Puts a manifest beside the ledger beside the server's list, campaign by campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Listing
from ringg_runner.campaigns import in_order
from ringg_runner.planner import changed_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringg_runner.api.server_list import Row, View
    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.ledger.records import Entry


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """How one campaign stands; `changed` names what is written otherwise than what was sent."""

    campaign: Campaign
    entry: Entry | None
    row: Row | None
    changed: tuple[str, ...]


def compare(
    campaigns: Iterable[Campaign], known: Mapping[ListId, Entry] | None, view: View | None
) -> tuple[CampaignStatus, ...]:
    """Return how each campaign stands, in the order of the manifests."""
    rows = view.rows if isinstance(view, Listing) else {}
    return tuple(
        _stand(campaign, (known or {}).get(campaign.list_id), rows.get(campaign.list_id))
        for campaign in in_order(campaigns)
    )


def _stand(campaign: Campaign, entry: Entry | None, row: Row | None) -> CampaignStatus:
    return CampaignStatus(campaign, entry, row, changed_fields(campaign, entry) if entry else ())
