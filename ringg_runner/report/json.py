"""Plans and runs as JSON: the documents, in the shape of their schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.report import documents

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
    """Yield the document of a plan: that it is a plan says that nothing was started."""
    yield documents.encode(documents.of_plan(plan))


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield the document of a run."""
    yield documents.encode(documents.of_run(run))
