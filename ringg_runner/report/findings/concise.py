"""Findings for people and grep: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.report.findings import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.pipeline import Checked


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield one line for each finding, then the summary."""
    yield from map(text.one_line, checked.findings)
    yield text.summary(checked)
