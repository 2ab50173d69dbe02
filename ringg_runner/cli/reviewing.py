"""What an apply is held to: a saved plan, a digest, both or neither.

Every option in here is either enforced or refused: none is ever taken, and then left unchecked.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli import kinds, options
from ringg_runner.cli.output import say
from ringg_runner.errors import FindingsError, PlanFileError, UsageError

if TYPE_CHECKING:
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.ledger.store import Ledger
    from ringg_runner.pipeline import Selection
    from ringg_runner.planner import Plan
    from ringg_runner.prepared import Prepared
    from ringg_runner.reviewed import SavedPlan
    from ringg_runner.selecting import Criteria

reviewed = options.together(
    click.option(
        "--expect-digest",
        metavar="DIGEST",
        type=kinds.Digest(),
        help="Go on only with the plan of this digest (sha256:…).",
    ),
    click.option(
        "--max-age",
        metavar="DURATION",
        type=kinds.Duration(),
        help="How old a saved plan may be: 90s, 30m, 24h or 7d.  [default: 24h]",
    ),
    click.option(
        "--plan",
        "plan_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Start just what this plan says, saved by plan -o FILE.",
    ),
)
"""Add --plan, --max-age and --expect-digest."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was reviewed, as far as an apply is told: a saved plan by its name, and a digest."""

    name: str = ""
    saved: SavedPlan | None = None
    digest: str | None = None

    @property
    def saw_the_list(self) -> bool:
        """Whether the server's list was read for the saved plan, and so has to be again."""
        return self.saved is not None and self.saved.plan.list_read

    def prepare(self, selection: Selection, *, quiet: bool) -> Prepared:
        """Resolve what is to be applied: the manifests of the saved plan where there is one.

        Raises PlanFileError where the environment is not the saved plan's or no manifest is left,
        and what preparing any selection raises.
        """
        from ringg_runner.cli.plan import prepare
        from ringg_runner.prepared import Prepared
        from ringg_runner.selecting import Selected

        if self.saved is None:
            return prepare(selection, quiet=quiet)
        plan = self.saved.plan
        project, environment = self._target(self.saved, selection)
        if not plan.manifests:
            selected = plan.selected or Selected(0, 0)
            return Prepared(project, environment, (), (), {}, selected, reviewed=self.saved)
        # An absolute path is never taken for standard input.
        paths = [Path.cwd() / file for file in plan.manifests]
        left = [path for path in paths if os.path.isfile(path)]  # noqa: PTH113
        if not left:
            raise PlanFileError(
                f"none of the manifests of {self.name} is here",
                "apply it in the folder where it was made",
            )
        of_plan = replace(selection, paths=left, environment=environment.name)
        prepared = prepare(of_plan, quiet=quiet)
        return replace(prepared, selected=plan.selected or prepared.selected, reviewed=self.saved)

    def _target(self, saved: SavedPlan, selection: Selection) -> tuple[Project, Environment]:
        from ringg_runner.authoring import project
        from ringg_runner.authoring.environments import open_environment
        from ringg_runner.saved import trust

        name = saved.plan.environment.name
        trust.refuse_other_name(saved, self.name, selection.environment)
        chosen = project.load(selection.project_file, Path.cwd())
        if name not in chosen.known:
            raise PlanFileError(f"{self.name} is a plan for {name}, and none is called so here")
        environment = open_environment(chosen, name, os.environ)
        trust.refuse_other_api(saved, self.name, environment)
        return chosen, environment

    def refuse_second_use(self, ledger: Ledger, *, remembers: bool = True) -> None:
        """Raise PlanFileError where the ledger knows of a start under the saved plan.

        A ledger that may be too young to know is told of: whoever relies on it should hear that.
        """
        from ringg_runner.planner import Action
        from ringg_runner.running.whoami import in_ci
        from ringg_runner.saved import trust

        if self.saved is None:
            return
        if not remembers and in_ci(os.environ):
            say(f"no ledger here can know whether {self.name} was applied before", "warning")
        plan = self.saved.plan
        lists = [p.campaign.list_id for p in plan.starts if p.action is Action.START]
        used = ledger.claimed_under(self.saved.seal, plan.environment.base_url, lists)
        trust.refuse_second_use(used, self.name)

    def refuse_second_use_if_known(self, prepared: Prepared) -> None:
        """Do the same for a plan that nobody carries out; one without a ledger says so itself."""
        from ringg_runner.cli import memory
        from ringg_runner.ledger.errors import LedgerError

        if self.saved is None:
            return
        project, environment = prepared.project, prepared.environment
        with suppress(LedgerError, FindingsError):
            if memory.is_there(prepared):
                with memory.open_for(project, environment, create=False) as ledger:
                    self.refuse_second_use(ledger)

    def check(self, plan: Plan) -> None:
        """Raise PlanFileError where the plan that is about to be carried out is another."""
        from ringg_runner.reviewed import insist
        from ringg_runner.saved import trust

        if self.saved is not None:
            insist(plan, self.saved.plan)
        trust.refuse_other_digest(plan, "the plan as things stand now", self.digest)


def open_review(
    plan_file: Path | None,
    max_age: float | None,
    digest: str | None,
    *,
    paths: tuple[Path, ...],
    criteria: Criteria,
    no_refresh: bool,
) -> Review:
    """Return what these options ask for.

    Raises UsageError for options that contradict each other, and PlanFileError for a plan that
    cannot be trusted.
    """
    if plan_file is None:
        if max_age is not None:
            raise UsageError("--max-age is about a saved plan", "give --plan FILE too")
        return Review(digest=digest)
    if paths:
        raise UsageError(
            "--plan takes no PATH: what is applied is what the plan says",
            "leave one of the two out",
        )
    if criteria.shown:
        raise UsageError(
            f"--plan takes no selection ({'; '.join(criteria.shown)}): what is applied is what the "
            "plan says",
            "make the plan with it: ringg-runner plan -o plan.json",
        )
    from ringg_runner.saved import files, reading, trust
    from ringg_runner.times import SystemClock

    name = str(plan_file)
    saved = reading.read(files.read(plan_file), name)
    trust.refuse_age(saved, name, SystemClock().now(), max_age or trust.MAX_AGE)
    trust.refuse_other_digest(saved.plan, name, digest)
    if no_refresh and saved.plan.list_read:
        raise UsageError(
            f"{name} saw the server's list, and --no-refresh would leave that unchecked",
            "leave --no-refresh out, or make the plan without --refresh",
        )
    return Review(name, saved, digest)
