"""The campaigns of a selection, ready to be planned, as often as something new is known of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringg_runner.diagnostics import Diagnostic, Position, error
from ringg_runner.errors import FindingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ringg_runner.api.server_list import View
    from ringg_runner.api.workspace import KeyHolder
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.guards import Guard
    from ringg_runner.hold import HoldFile
    from ringg_runner.ledger.records import Entry
    from ringg_runner.planner import Plan
    from ringg_runner.reviewed import SavedPlan
    from ringg_runner.selecting import Selected


@dataclass(frozen=True, slots=True)
class Prepared:
    """The campaigns of a selection, ready to be planned, and the findings that stopped nothing.

    `manifests` has what the text of each of their files is recognised by. `doubts` are slips in the
    criteria, as far as they can be guessed at; `notes` are good to know. `reviewed` is the saved
    plan that every plan of them is held to.
    """

    project: Project
    environment: Environment
    campaigns: tuple[Campaign, ...]
    findings: tuple[Diagnostic, ...]
    manifests: Mapping[str, str]
    selected: Selected
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reviewed: SavedPlan | None = None

    def plan(
        self,
        now: datetime,
        known: Mapping[ListId, Entry] | None = None,
        view: View | None = None,
        holder: KeyHolder | None = None,
        overrides: Mapping[Guard, str] | None = None,
    ) -> Plan:
        """Plan them as they stand at the moment `now`, by the ledger and by the server's list.

        `holder` is whose key it is, for the guards, `overrides` has a person's reasons by guard.
        Without a view nobody has looked at the server's list yet. Raises FindingsError where it has
        a list for another agent.
        """
        # A check needs no planner, nor all that a plan is about.
        from ringg_runner.planner import make_plan

        plan = replace(
            make_plan(self.campaigns, self.environment, now, known, view),
            manifests=self.manifests,
        )
        if self.reviewed is not None:
            from ringg_runner.reviewed import hold_to

            plan = hold_to(plan, self.reviewed.plan, looked=view is not None)
        findings = tuple(_of_other_agents(plan, view)) if view else ()
        if findings:
            raise FindingsError("the server's list contradicts the manifests", findings)
        return self.guarded(replace(plan, selected=self.selected), now, view, holder, overrides)

    def guarded(
        self,
        plan: Plan,
        now: datetime,
        view: View | None = None,
        holder: KeyHolder | None = None,
        overrides: Mapping[Guard, str] | None = None,
    ) -> Plan:
        """Return a plan with how each guard of the environment stands towards it."""
        from ringg_runner import circumstances, guards

        found = circumstances.of_plan(plan, now, view, holder, self.hold.look())
        return replace(plan, guards=guards.check(self.environment.guards, found, overrides))

    @property
    def hold(self) -> HoldFile:
        """The file that stops every start of this project while it is there."""
        from ringg_runner.hold import HoldFile

        return HoldFile.beside(self.project.root)


def _of_other_agents(plan: Plan, view: View) -> Iterator[Diagnostic]:
    from ringg_runner.api.server_list import Listing
    from ringg_runner.planner import Action

    if not isinstance(view, Listing):
        return
    for planned in plan.starts:
        campaign = planned.campaign
        row = view.rows.get(campaign.list_id) if planned.action is Action.START else None
        if row and row.agent_id and row.agent_id != campaign.request.agent_id:
            yield error(
                campaign.file,
                Position(campaign.line, 1),
                "other-agent",
                f"the list of {campaign.name} was uploaded for the agent {row.agent_id}",
                f"set agent_id to that agent, or upload the list for {campaign.request.agent_id}",
            )
