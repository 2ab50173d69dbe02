"""What the guards look at, as a plan finds it: its numbers, the moment, the key and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.api.server_list import Listing
from ringg_runner.api.workspace import Workspace
from ringg_runner.guards import Circumstances
from ringg_runner.planner import Action

if TYPE_CHECKING:
    from datetime import datetime

    from ringg_runner.api.server_list import View
    from ringg_runner.api.workspace import KeyHolder
    from ringg_runner.guards import Hold
    from ringg_runner.planner import Plan


def of_plan(
    plan: Plan,
    now: datetime,
    view: View | None = None,
    holder: KeyHolder | None = None,
    hold: Hold | None = None,
) -> Circumstances:
    """Return what the guards of a plan look at.

    `holder` is whose key it is, None where nobody asked.
    """
    people = [planned.people for planned in plan.starts if planned.action is Action.START]
    counted = [count for count in people if count is not None]
    ongoing = _ongoing(view)
    return Circumstances(
        now,
        starts=len(people),
        people=sum(counted),
        uncounted=len(people) - len(counted),
        workspace=holder.id if isinstance(holder, Workspace) else None,
        whose_key=_in_words(holder),
        busy=ongoing > 0,
        seen_calls=f"the server's list shows {ongoing:,} ongoing" if ongoing else _NO_CALLS,
        hold=hold,
    )


_NO_CALLS = "each answer is asked"


def _ongoing(view: View | None) -> int:
    return sum(row.calls_now for row in view.rows.values()) if isinstance(view, Listing) else 0


def _in_words(holder: KeyHolder | None) -> str:
    if isinstance(holder, Workspace):
        return f"the key belongs to {holder}"
    return "not asked yet" if holder is None else f"whose key it is is not known: {holder.reason}"
