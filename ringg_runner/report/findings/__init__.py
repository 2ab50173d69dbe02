"""Findings as people and other programs read them: one module a format, from a check to lines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.pipeline import Checked

FORMATS = ("text", "concise", "json", "github", "sarif", "junit", "gitlab")
"""Each is a module here, which is loaded when it is asked for."""


def lines(checked: Checked, output: str, width: int) -> Iterator[str]:
    """Yield a check in one of `FORMATS`; only text cares for the width of the terminal."""
    module = import_module(f"{__name__}.{output}")
    written: Iterator[str] = module.lines(checked, width)
    return written
