"""The fields of a manifest: what it says itself, else what the project's defaults say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringg_runner.authoring.documents import Document, Json, Pointer
    from ringg_runner.authoring.project import Project
    from ringg_runner.authoring.references import Resolved
    from ringg_runner.diagnostics import Place


@dataclass(frozen=True, slots=True)
class Field:
    """A value, and the document that it is written in: the manifest, or the project file."""

    value: Json
    document: Document
    pointer: Pointer

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.document.at(self.pointer)

    def below(self, step: str | int) -> Field:
        """Return what a list or a mapping holds at this step."""
        return Field(self.value[step], self.document, (*self.pointer, step))


@dataclass(frozen=True, slots=True)
class Text:
    """A field that holds a text, and what that stands for once its references are resolved."""

    field: Field
    value: Resolved


def field_of(manifest: Document, project: Project, key: str) -> Field | None:
    """Return what the manifest says, else what the project says; None for null and nothing."""
    if key in manifest.data:
        value = manifest.data[key]
        return None if value is None else Field(value, manifest, (key,))
    value = project.defaults.get(key)
    if value is None or project.document is None:
        return None
    return Field(value, project.document, ("defaults", key))
