"""The formats of plans and runs: what each is called, which files it goes into, who writes it.

Each has a module of its own in this package, which is loaded when it is asked for. Its `plan_lines`
and `run_lines` make lines of a plan and of a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ringg_runner.planner import Plan
    from ringg_runner.runs import Run


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its module here, the ending of its files, and where it is offered.

    `printed` where `--format` has it too, `plans` where it is for plans as well as for runs.
    """

    name: str
    ending: str
    printed: bool = True
    plans: bool = True

    def of_plan(self, plan: Plan, *, refused: str | None = None, verbose: bool = False) -> str:
        """Return a plan in this format; `refused` is why an apply of it started nothing."""
        return "\n".join(self._module.plan_lines(plan, refused=refused, verbose=verbose))

    def of_run(self, run: Run, *, verbose: bool = False) -> str:
        """Return a run in this format."""
        return "\n".join(self._module.run_lines(run, verbose=verbose))

    @property
    def _module(self) -> Any:
        return import_module(f"{__package__}.{self.name}")


FORMATS = (
    Format("text", ".txt"),
    # Before JSON: its files end so, too.
    Format("terraform", ".terraform.json", printed=False),
    Format("json", ".json"),
    Format("markdown", ".md"),
    Format("html", ".html"),
    Format("junit", ".xml", plans=False),
    Format("dotenv", ".env", printed=False),
)
BY_NAME = {each.name: each for each in FORMATS}
OF_PLANS = tuple(each.name for each in FORMATS if each.printed and each.plans)
OF_RUNS = tuple(each.name for each in FORMATS if each.printed)


def of_file(path: Path, *, plans: bool) -> Format | None:
    """Return the format that a file's ending names, of those for plans or of all; None for none."""
    offered = (each for each in FORMATS if each.plans or not plans)
    return next((each for each in offered if path.name.lower().endswith(each.ending)), None)


def endings(*, plans: bool) -> str:
    """Return the endings that there are, for people."""
    return ", ".join(each.ending for each in FORMATS if each.plans or not plans)
