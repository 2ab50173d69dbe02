"""Findings as the document of kind `diagnostics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.report import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.pipeline import Checked


def lines(checked: Checked, _width: int) -> Iterator[str]:
    """Yield the document."""
    yield documents.encode(documents.of_check(checked))
