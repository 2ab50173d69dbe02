"""The functions for programs in Python: what `validate` and `plan` do, as values.

They read files and the ledger, send nothing, print nothing, and never end the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ringg_runner import pipeline
from ringg_runner.authoring.environments import ledger_place
from ringg_runner.errors import FindingsError
from ringg_runner.ledger.errors import LedgerError
from ringg_runner.pipeline import Selection
from ringg_runner.times import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringg_runner.campaigns import Campaign, ListId
    from ringg_runner.ledger.records import Entry
    from ringg_runner.pipeline import Checked
    from ringg_runner.planner import Plan
    from ringg_runner.prepared import Prepared


def validate(
    *paths: str | os.PathLike[str],
    project: str | os.PathLike[str] | None = None,
    environment: str | None = None,
) -> Checked:
    """Find everything wrong with manifests, as `ringg-runner validate` does.

    `paths` are files and folders, by default what the project file lists; `project` is that file,
    by default the nearest one. Every environment is checked, or the one that is named. Raises
    FindingsError where nothing is selected, UsageError for an environment that is not known, and
    InvalidInputError where `project` is no file.
    """
    selection = _selection(paths, project, environment)
    return pipeline.check(selection, Path.cwd(), os.environ, SystemClock().now())


def load(
    *paths: str | os.PathLike[str],
    project: str | os.PathLike[str] | None = None,
    environment: str | None = None,
) -> tuple[Campaign, ...]:
    """Return the campaigns that manifests stand for in an environment, by default the project's.

    They are sorted by file and place. Raises FindingsError with every finding where one is an
    error, and what `validate` raises.
    """
    return _prepared(paths, project, environment).campaigns


def plan(
    *paths: str | os.PathLike[str],
    project: str | os.PathLike[str] | None = None,
    environment: str | None = None,
) -> Plan:
    """Return what an apply would do now, as far as the manifests and the ledger tell.

    Where the ledger cannot be read, `Plan.not_checked` says so. The API is not asked. Raises what
    `load` raises.
    """
    prepared = _prepared(paths, project, environment)
    return prepared.plan(SystemClock().now(), _known(prepared))


def _selection(
    paths: tuple[str | os.PathLike[str], ...],
    project: str | os.PathLike[str] | None,
    environment: str | None,
) -> Selection:
    file = None if project is None else Path(project)
    return Selection(tuple(map(Path, paths)), file, environment)


def _prepared(
    paths: tuple[str | os.PathLike[str], ...],
    project: str | os.PathLike[str] | None,
    environment: str | None,
) -> Prepared:
    selection = _selection(paths, project, environment)
    return pipeline.prepare(selection, Path.cwd(), os.environ, SystemClock().now())


def _known(prepared: Prepared) -> Mapping[ListId, Entry] | None:
    from ringg_runner.ledger.store import open_ledger

    try:
        place = ledger_place(prepared.project, prepared.environment, os.environ)
        with open_ledger(place, create=False) as ledger:
            return ledger.known(prepared.environment.base_url)
    except (FindingsError, LedgerError):
        return None
