"""Loads manifests: every YAML document of every file, with what is wrong with it.

References are still references here; the resolver makes campaigns of manifests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.authoring import loading, sources
from ringg_runner.diagnostics import START, Diagnostic, warning

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ringg_runner.authoring.documents import Document


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of paths holds: its files by name, their manifests, and every finding.

    A manifest that has findings is here too; only where no finding is an error do all fit.
    """

    files: tuple[str, ...]
    manifests: tuple[Document, ...]
    findings: tuple[Diagnostic, ...]


def load(paths: Iterable[Path], stdin: Path | None = None) -> Loaded:
    """Load every manifest that the paths stand for, sorted by file and place.

    Standard input goes by the name `stdin`, and takes the place of the file of that name.
    """
    found_sources, missing = sources.find(paths, stdin)
    manifests: list[Document] = []
    findings = list(missing)
    for source in found_sources:
        documents, found = loading.load(source, "campaign")
        if not documents and not found:
            found = [_empty(source.file)]
        manifests += documents
        findings += found
    files = tuple(source.file for source in found_sources)
    return Loaded(files, tuple(manifests), tuple(findings))


def _empty(file: str) -> Diagnostic:
    return warning(
        file,
        START,
        "empty-file",
        "this file holds no manifest",
        "write one, or remove the file",
    )
