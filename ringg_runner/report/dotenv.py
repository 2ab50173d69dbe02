"""Plans and runs as variables in a file: GitLab's `reports:dotenv` hands them to later jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.report import variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.planner import Plan
    from ringg_runner.runs import Run

_OURS = "RINGG_"
"""A later job has these among its own variables, so they say whose they are."""


def plan_lines(
    plan: Plan,
    *,
    refused: str | None = None,
    verbose: bool = False,  # noqa: ARG001
) -> Iterator[str]:
    """Yield a line for each variable of a plan."""
    yield from _lines(variables.of_plan(plan, refused))


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield a line for each variable of a run."""
    yield from _lines(variables.of_run(run))


def _lines(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{_OURS}{name.upper()}={value}"
