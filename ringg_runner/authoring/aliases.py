"""Finds the names in the project file that no manifest uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.authoring import references
from ringg_runner.diagnostics import Diagnostic, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringg_runner.authoring.documents import Document, Json
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project


def unused(
    manifests: Iterable[Document], project: Project, environment: Environment
) -> Iterator[Diagnostic]:
    """Yield every alias of an environment that nothing refers to.

    Only all manifests of a project can tell. What the defaults refer to is in use, also where
    every manifest has a value of its own.
    """
    if project.document is None:
        return
    used = _used([*(manifest.data for manifest in manifests), project.defaults], environment)
    for group, texts in environment.aliases.items():
        for key in texts.keys() - used.get(group, set()):
            pointer = ("environments", environment.name, group, key)
            yield warning(
                project.document.file,
                project.document.at_key(pointer),
                "unused-alias",
                f"no manifest uses {group}.{key}",
                "remove it, or correct the reference that was meant for it",
            )


def _used(data: list[Json], environment: Environment) -> dict[str, set[str]]:
    """Return the aliases that these values refer to, directly or by way of others."""
    used: dict[str, set[str]] = {}
    texts = [text for value in data for text in _texts(value)]
    while texts:
        for name in references.names(texts.pop()):
            group, _, key = name.partition(".")
            known = used.setdefault(group, set())
            text = environment.aliases.get(group, {}).get(key)
            if text is not None and key not in known:
                known.add(key)
                texts.append(text)
    return used


def _texts(value: Json) -> Iterable[str]:
    """Return every text in a value that may refer to something."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) and "${" in value else []
