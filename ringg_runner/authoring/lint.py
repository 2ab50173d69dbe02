"""The rules beyond schema and references: all that looks at manifests without resolving them.

Nothing here stops a campaign from being resolved, so that each rule can be set by the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.authoring import advice, aliases, ids, secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ringg_runner.authoring.documents import Document
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project
    from ringg_runner.authoring.resolver import Resolution
    from ringg_runner.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a manifest alone does not tell: its project and environment, the key and the time.

    `whole` where the manifests are all that the project has.
    """

    project: Project
    environment: Environment
    key: str | None
    now: datetime
    whole: bool


def lint(
    manifests: Sequence[Document], resolution: Resolution, around: Surroundings
) -> Iterator[Diagnostic]:
    """Yield what is worth a word about these manifests, in one environment."""
    project, environment, texts = around.project, around.environment, resolution.texts
    mappings = [manifest for manifest in manifests if isinstance(manifest.data, dict)]
    yield from secrets.written(manifests, around.key)
    yield from secrets.sent(texts, around.key)
    yield from ids.look_at(texts, project, environment)
    yield from advice.on_callbacks(texts, environment)
    yield from advice.on_windows(mappings, project, around.now)
    yield from advice.on_repetitions(mappings, project)
    if around.whole:
        yield from aliases.unused(manifests, project, environment)
