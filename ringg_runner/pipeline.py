"""The way from paths to a plan, and every finding on it: what `validate`, `plan` and `apply` share.

Each stage is called once, in order. Nothing here sends, prints or exits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ringg_runner.authoring import manifests, project, rules, sources
from ringg_runner.authoring.environments import open_environment
from ringg_runner.authoring.examination import Subject, examine, examine_in_all
from ringg_runner.authoring.manifests import Loaded
from ringg_runner.campaigns import digest_of
from ringg_runner.diagnostics import Diagnostic, Severity, count, in_order
from ringg_runner.errors import FindingsError, InvalidInputError, UsageError
from ringg_runner.garbage import seldom_collected
from ringg_runner.prepared import Prepared
from ringg_runner.selecting import Criteria, select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ringg_runner.authoring.project import Project
    from ringg_runner.campaigns import Campaign
    from ringg_runner.selecting import Touched


@dataclass(frozen=True, slots=True)
class Selection:
    """What a command line selects: paths, a project file and an environment, each optional.

    `strict` where a warning counts as an error. The criteria narrow down what is planned; what is
    read and checked they leave as it is.
    """

    paths: Sequence[Path] = ()
    project_file: Path | None = None
    environment: str | None = None
    strict: bool = False
    stdin: Path | None = None
    """The file that standard input stands for."""
    criteria: Criteria = field(default_factory=Criteria)

    @property
    def edits_project(self) -> bool:
        """Whether standard input stands for a project file."""
        return self.stdin is not None and self.stdin.name == sources.PROJECT_FILE

    @property
    def project_files(self) -> tuple[Path, ...]:
        """The project files among the paths: what they hold is no manifest."""
        named = (path for path in self.paths if path.name == sources.PROJECT_FILE)
        return tuple(path for path in named if os.path.isfile(path))  # noqa: PTH113


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check saw: the files by name, how many manifests, and what is wrong with them."""

    files: tuple[str, ...]
    manifests: int
    findings: tuple[Diagnostic, ...]

    @property
    def errors(self) -> int:
        """How many findings stop a plan or an apply."""
        return count(self.findings, Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many findings are worth a look."""
        return count(self.findings, Severity.WARNING)


@seldom_collected()
def check(
    selection: Selection, directory: Path, environ: Mapping[str, str], now: datetime
) -> Checked:
    """Find everything wrong with the selected manifests, in every environment that is declared.

    Where an environment is named, only that one is looked at. A variable that is not set is a
    warning here: the machine that checks is seldom the one that applies. A project file among the
    paths is checked as what it is. Raises FindingsError where nothing is selected, and UsageError
    for an environment that is not known.
    """
    named = selection.project_files
    parts = [
        _check(replace(selection, paths=(file,), project_file=file), directory, environ, now)
        for file in named
    ]
    others = tuple(path for path in selection.paths if path not in named)
    if others or not named:
        parts.append(_check(replace(selection, paths=others), directory, environ, now))
    return Checked(
        tuple(dict.fromkeys(file for part in parts for file in part.files)),
        sum(part.manifests for part in parts),
        in_order(finding for part in parts for finding in part.findings),
    )


def _check(
    selection: Selection, directory: Path, environ: Mapping[str, str], now: datetime
) -> Checked:
    try:
        chosen = _project(selection, directory)
    except FindingsError as failure:
        findings = in_order(failure.findings)
        return Checked(tuple({finding.file: None for finding in findings}), 0, findings)
    files = tuple(map(sources.display, selection.project_files))
    loaded = Loaded(files, (), ()) if files else _load(selection, chosen)
    names = (selection.environment,) if selection.environment else _environments(chosen)
    subject = Subject(loaded, chosen, environ, now, whole=not selection.paths)
    found = (_as_seen_here(finding, chosen) for finding in examine_in_all(subject, names))
    weighed = rules.weigh(found, chosen.levels, strict=selection.strict)
    return Checked(loaded.files, len(loaded.manifests), in_order(weighed))


@seldom_collected()
def prepare(
    selection: Selection, directory: Path, environ: Mapping[str, str], now: datetime
) -> Prepared:
    """Resolve the selected manifests for one environment, as they stand at the moment `now`.

    What is merely good to know is left to `check`. Whatever the paths hold is examined as a whole,
    and only then are campaigns selected from it. Raises FindingsError with all that is wrong,
    InvalidInputError where nothing is selected, and what loading a project and opening an
    environment raise.
    """
    chosen = project.load(selection.project_file, directory)
    environment = open_environment(chosen, selection.environment, environ)
    loaded = _load(selection, chosen)
    subject = Subject(loaded, chosen, environ, now, whole=not selection.paths)
    examined = examine(subject, environment)
    weighed = rules.weigh(examined.findings, chosen.levels, strict=selection.strict)
    findings = in_order(found for found in weighed if found.severity is not Severity.INFO)
    if errors := count(findings, Severity.ERROR):
        said = f"{errors} error{'s' if errors > 1 else ''} found: nothing was sent"
        raise FindingsError(said, findings)
    touched = _touched(selection, chosen, examined.campaigns, environ)
    narrowed = select(examined.campaigns, selection.criteria, touched)
    if selection.strict and narrowed.doubts:
        raise InvalidInputError(narrowed.doubts[0], "correct the selector, or leave --strict out")
    files = {campaign.file for campaign in narrowed.campaigns}
    texts = {manifest.file: manifest.text for manifest in loaded.manifests}
    return Prepared(
        chosen,
        environment,
        narrowed.campaigns,
        findings,
        {file: digest_of(texts[file]) for file in sorted(files)},
        narrowed.selected,
        narrowed.doubts,
        touched.notes if touched else (),
    )


def _touched(
    selection: Selection, chosen: Project, campaigns: Sequence[Campaign], environ: Mapping[str, str]
) -> Touched | None:
    """Return what a branch touches, where that is a criterion."""
    ref = selection.criteria.changed_since
    if ref is None:
        return None
    if sources.STDIN in selection.paths:
        raise UsageError(
            "standard input and --changed-since exclude each other: git knows files alone",
            "leave one of the two out",
        )
    from ringg_runner.authoring.changes import touched

    return touched(ref, chosen, [campaign.file for campaign in campaigns], environ)


def _project(selection: Selection, directory: Path) -> Project:
    """Return the project of a selection: standard input finds it as the file of its name would."""
    if selection.stdin is None:
        return project.load(selection.project_file, directory)
    folder = Path(os.path.abspath(directory / selection.stdin)).parent  # noqa: PTH100
    if not selection.edits_project:
        return project.load(selection.project_file, folder)
    if selection.project_file is not None:
        raise UsageError("standard input is the project file, and --project names another")
    return project.read(sources.STDIN, folder, selection.stdin)


def _load(selection: Selection, chosen: Project) -> Loaded:
    paths = selection.paths or chosen.manifests
    if selection.edits_project:
        loaded = manifests.load(path for path in paths if path != sources.STDIN)
        name = sources.display(sources.STDIN, selection.stdin)
        return replace(loaded, files=(name, *loaded.files))
    loaded = manifests.load(paths, selection.stdin)
    nothing = not loaded.manifests and not count(loaded.findings, Severity.ERROR)
    if nothing and not selection.criteria.allow_empty:
        named = ", ".join(sources.display(path, selection.stdin) for path in paths)
        raise FindingsError(
            f"nothing selected: no manifest in {named}",
            loaded.findings,
            "name files or folders that hold some, or list them in the project file",
        )
    return loaded


def _environments(chosen: Project) -> tuple[str, ...]:
    return chosen.declared or (chosen.default_environment,)


def _as_seen_here(finding: Diagnostic, chosen: Project) -> Diagnostic:
    if finding.rule == "unset-variable" and finding.rule not in chosen.levels:
        return replace(finding, severity=Severity.WARNING)
    return finding
