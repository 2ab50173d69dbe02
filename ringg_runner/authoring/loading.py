"""Loads the documents of a file: at a glance where nothing is wrong with it, closely elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.authoring import quick_reader, sources
from ringg_runner.authoring.fit import fits
from ringg_runner.diagnostics import Diagnostic

if TYPE_CHECKING:
    from ringg_runner.authoring.documents import Document
    from ringg_runner.authoring.sources import Source, SourceText


def load(source: Source, schema_name: str) -> tuple[list[Document], list[Diagnostic]]:
    """Return a file's documents, and every finding of its reading and of its schema.

    Documents with findings are among them, so that later checks can add theirs. A document without
    content is none.
    """
    text = sources.read(source)
    if isinstance(text, Diagnostic):
        return [], [text]
    documents = _at_a_glance(text, schema_name)
    if documents is not None:
        return documents, []
    # jsonschema is slow to import, and only needed to explain.
    from ringg_runner.authoring import validation

    return validation.read(text, schema_name)


def _at_a_glance(source: SourceText, schema_name: str) -> list[Document] | None:
    """Return the documents, or None where there may be something to say about them."""
    read = quick_reader.read_documents(source.text, source.file)
    if read is None:
        return None
    documents = [document for document in read if document.data is not None]
    fit = all(fits(document.data, schema_name) for document in documents)
    return documents if fit else None
