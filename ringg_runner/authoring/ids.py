"""Looks at ids: whether one is no UUID, or comes from somebody's example.

An id that has a name in the project file is told there, once, and not wherever the name is used. An
API on this machine is a sandbox, which takes any id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringg_runner.authoring import references
from ringg_runner.authoring.fields import Field
from ringg_runner.campaigns import is_id
from ringg_runner.diagnostics import Diagnostic, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.fields import Text
    from ringg_runner.authoring.project import Project

_FIELDS = frozenset({"agent_id", "list_id", "number_pool_id", "email_completion_user_ids"})
_GROUPS = ("agents", "lists", "number_pools", "users")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EXAMPLES = frozenset(
    {
        # The ids in the vendor's documentation, and the one that stands in everybody's.
        "830f767a-397e-4b39-82ff-235cd344e2f9",
        "123e4567-e89b-12d3-a456-426614174000",
        "pool-uuid-here",
    }
)
_PLACEHOLDER = re.compile(
    r"<.*>|.*[-_]here|your[-_].*|.*[-_]uuid|uuid|x{3,}|(?:x+-)+x+|(?:0+-)+0+|todo|change[-_]?me",
    re.IGNORECASE,
)


def look_at(
    texts: Iterable[Text], project: Project, environment: Environment
) -> Iterator[Diagnostic]:
    """Yield what is unusual about the ids among the texts of some manifests."""
    if environment.local:
        return
    for text in texts:
        if _FIELDS.isdisjoint(text.field.pointer):
            continue
        origin, value = _origin(text.field, project, environment), text.value.text
        if not is_id(value):
            # It has its finding already.
            continue
        if value.lower() in _EXAMPLES or _PLACEHOLDER.fullmatch(value):
            yield warning(
                origin.document.file,
                origin.place,
                "placeholder-id",
                f"{value} comes from an example: it is nobody's id",
                "copy the real one from the Ringg dashboard",
            )
        elif not _UUID.fullmatch(value):
            yield warning(
                origin.document.file,
                origin.place,
                "non-uuid-id",
                f"{value} is no UUID",
                "compare it with the Ringg dashboard",
            )


def _origin(field: Field, project: Project, environment: Environment) -> Field:
    """Return where an id is written; a text that is but a name for it is followed to there."""
    name = references.sole(field.value)
    group, _, key = (name or "").partition(".")
    if group not in _GROUPS or project.document is None:
        return field
    pointer = ("environments", environment.name, group, key)
    value = environment.aliases[group][key]
    return _origin(Field(value, project.document, pointer), project, environment)
