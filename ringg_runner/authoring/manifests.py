"""Loads manifests: every YAML document of every file, with what is wrong with it.

References are still references here; the resolver makes campaigns of manifests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.authoring import sources, validation
from ringg_runner.diagnostics import START, Diagnostic, warning

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ringg_runner.authoring.documents import Document


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of paths holds: how many files, their manifests, and every finding.

    A manifest that has findings is here too; only where no finding is an error do all fit.
    """

    files: int
    manifests: tuple[Document, ...]
    findings: tuple[Diagnostic, ...]


def load(paths: Iterable[Path]) -> Loaded:
    """Load every manifest that the paths stand for, sorted by file and place."""
    files, missing = sources.find(paths)
    manifests: list[Document] = []
    findings = list(missing)
    for path in files:
        documents, found = validation.load(path, "campaign")
        if not documents and not found:
            found = [_empty(path)]
        manifests += documents
        findings += found
    return Loaded(len(files), tuple(manifests), tuple(findings))


def _empty(path: Path) -> Diagnostic:
    return warning(
        sources.display(path),
        START,
        "empty-file",
        "this file holds no manifest",
        "write one, or remove the file",
    )
