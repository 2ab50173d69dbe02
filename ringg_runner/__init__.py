"""Campaigns as code for Ringg AI: manifests in git, a plan to review, one start per list.

The names below are the public ones, for programs in Python; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ringg_runner.authoring.yaml_writer import dump
    from ringg_runner.campaigns import Campaign, StartRequest, Window
    from ringg_runner.diagnostics import Diagnostic, Position, Severity
    from ringg_runner.errors import FindingsError, InvalidInputError, RunnerError, UsageError
    from ringg_runner.pipeline import Checked
    from ringg_runner.planner import Action, Plan, PlannedStart
    from ringg_runner.public import load, plan, validate

__all__ = [
    "Action",
    "Campaign",
    "Checked",
    "Diagnostic",
    "FindingsError",
    "InvalidInputError",
    "Plan",
    "PlannedStart",
    "Position",
    "RunnerError",
    "Severity",
    "StartRequest",
    "UsageError",
    "Window",
    "dump",
    "load",
    "plan",
    "validate",
]

_MODULES = {
    "authoring.yaml_writer": ("dump",),
    "campaigns": ("Campaign", "StartRequest", "Window"),
    "diagnostics": ("Diagnostic", "Position", "Severity"),
    "errors": ("FindingsError", "InvalidInputError", "RunnerError", "UsageError"),
    "pipeline": ("Checked",),
    "planner": ("Action", "Plan", "PlannedStart"),
    "public": ("load", "plan", "validate"),
}

# To a type checker this function would make every misspelt name an object.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: most commands need few of them."""
        for module, names in _MODULES.items():
            if name in names:
                value = getattr(import_module(f"{__name__}.{module}"), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the public names, those that are not imported yet among them."""
        return sorted({*globals(), *__all__})
