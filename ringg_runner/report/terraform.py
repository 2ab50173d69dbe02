"""Plans and runs as GitLab's `reports:terraform` has them: three numbers beside a merge request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringg_runner.planner import Action
from ringg_runner.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.planner import Plan
    from ringg_runner.runs import Run


def plan_lines(
    plan: Plan,
    *,
    refused: str | None = None,  # noqa: ARG001
    verbose: bool = False,  # noqa: ARG001
) -> Iterator[str]:
    """Yield what would be started."""
    yield _created(plan.summary[Action.START])


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield what was started."""
    yield _created(run.summary[Outcome.STARTED])


def _created(count: int) -> str:
    # Nothing that was started is ever changed or taken back.
    return json.dumps({"create": count, "update": 0, "delete": 0})
