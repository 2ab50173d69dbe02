"""The project file: where manifests live, what they share, and which environments there are.

It finds, reads and checks the file. Environments are opened elsewhere, when one is chosen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ringg_runner.authoring import guarding, loading, rules, secrets, sources, urls
from ringg_runner.diagnostics import START, Diagnostic, did_you_mean, error
from ringg_runner.errors import FindingsError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ringg_runner.authoring.documents import Document, Json

PRODUCTION = "production"
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Project:
    """A checked project file, or what holds where there is none."""

    root: Path
    document: Document | None = field(default=None, repr=False)

    @property
    def _data(self) -> Mapping[str, Json]:
        return self.document.data if self.document else {}

    @property
    def manifests(self) -> tuple[Path, ...]:
        """The files and folders in which manifests live."""
        return tuple(self.root / path for path in self._data.get("manifests", ["campaigns"]))

    @property
    def defaults(self) -> Mapping[str, Json]:
        """The fields that manifests share."""
        defaults: Mapping[str, Json] = self._data.get("defaults", {})
        return defaults

    @property
    def levels(self) -> Mapping[str, str]:
        """What the project sets rules to, by their names."""
        levels: Mapping[str, str] = self._data.get("rules", {})
        return levels

    @property
    def state(self) -> Path:
        """The folder for what the tool remembers."""
        return self.root / sources.STATE_FOLDER

    @property
    def default_environment(self) -> str:
        """The environment that is meant where none is named."""
        return str(self._data.get("default_environment", PRODUCTION))

    @property
    def declared(self) -> tuple[str, ...]:
        """The environments that the file declares."""
        return tuple(self._data.get("environments", {}))

    @property
    def known(self) -> frozenset[str]:
        """All environments, those that need no declaration among them."""
        return frozenset({*self.declared, PRODUCTION, SANDBOX})

    def settings(self, environment: str) -> Mapping[str, Json]:
        """Return what the file says of an environment."""
        return self._data.get("environments", {}).get(environment) or {}


def load(path: Path | None, directory: Path) -> Project:
    """Read the project file at `path`, or the nearest one in `directory` or above it.

    Raises FindingsError with every finding where the file is invalid, and InvalidInputError where
    `path` names no file.
    """
    # Unlike Path.is_file, this never raises.
    if path is not None and not os.path.isfile(path):  # noqa: PTH113
        raise InvalidInputError(f"{path}: no such project file")
    path = path or _nearest(directory)
    return read(path, path.resolve().parent) if path else Project(directory)


def read(path: Path, root: Path, stdin: Path | None = None) -> Project:
    """Read a project file that stands for what lies below `root`.

    Standard input goes by the name `stdin`. Raises FindingsError with every finding.
    """
    source = sources.Source.of(path, stdin)
    documents, findings = loading.load(source, "project")
    if findings:
        findings = list(_without_trap_of_off(findings, documents))
    project = Project(root, documents[0] if documents else None)
    findings += [
        error(
            extra.file,
            extra.at(()),
            "second-document",
            "a project file is one document",
            "remove this one, and the --- before it",
        )
        for extra in documents[1:]
    ]
    if not documents and not findings:
        findings = [
            error(source.file, START, "empty-file", "the project file is empty", "add version: 1")
        ]
    if project.document and not findings:
        findings = list(_check(project, project.document))
    if findings:
        raise FindingsError("the project file is invalid", findings)
    return project


def _nearest(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        # Whatever bears the name is meant: a pipe or a broken link is told, and not passed over.
        path = folder / sources.PROJECT_FILE
        if os.path.lexists(path) and not path.is_dir():
            return path
    return None


def _check(project: Project, document: Document) -> Iterator[Diagnostic]:
    """Yield what the schema cannot see."""
    if project.default_environment not in project.known:
        yield error(
            document.file,
            document.at(("default_environment",)),
            "unknown-environment",
            f"no environment is called {project.default_environment}",
            did_you_mean(project.default_environment, project.known)
            or f"known: {', '.join(sorted(project.known))}",
        )
    yield from _check_rules(project, document)
    yield from secrets.written([document])
    for name in project.declared:
        settings = project.settings(name)
        yield from guarding.examine(document, name, settings)
        pointer = ("environments", name)
        if "api_key_env" in settings and "api_key_file" in settings:
            yield error(
                document.file,
                document.at_key((*pointer, "api_key_file")),
                "two-keys",
                "api_key_env and api_key_file exclude each other",
                "keep one of the two",
            )
        base_url = settings.get("base_url", SANDBOX)
        problem = urls.base_url_problem(base_url)
        if problem and base_url != SANDBOX and "${" not in base_url:
            yield error(
                document.file,
                document.at((*pointer, "base_url")),
                "base-url",
                f"base_url {problem}",
                urls.HINT,
            )


def _without_trap_of_off(
    findings: Iterable[Diagnostic], documents: Iterable[Document]
) -> Iterator[Diagnostic]:
    """Let `off` stand unquoted where a rule is set, and there alone: nothing else can be meant."""
    words = {
        place.start: document.data["rules"].get(pointer[1])
        for document in documents
        for pointer, place in document.places().values.items()
        if len(pointer) == 2 and pointer[0] == "rules" and isinstance(document.data["rules"], dict)
    }
    for finding in findings:
        if finding.rule != "ambiguous-scalar" or finding.position not in words:
            yield finding
        elif words[finding.position] != rules.OFF:
            yield replace(finding, hint="write off, info, warning or error")


def _check_rules(project: Project, document: Document) -> Iterator[Diagnostic]:
    for name, level in project.levels.items():
        rule = rules.registry()[name]
        if rule.fixed and rules.is_lower(level, rule):
            yield error(
                document.file,
                document.at(("rules", name)),
                "fixed-rule",
                f"{name} cannot be set to {level}: {rule.fixed}",
                "remove it here, and mend what it finds",
            )
