"""What a shell offers where a name of the project is typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def environments(ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the environments that begin so; a project file with mistakes adds none."""
    from ringg_runner.authoring import project
    from ringg_runner.errors import RunnerError

    try:
        known = project.load(ctx.params.get("project_file"), Path.cwd()).known
    except RunnerError:
        known = project.Project(Path.cwd()).known
    return sorted(name for name in known if name.startswith(begun))


def campaigns(ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the project's campaigns whose names begin so; what cannot be read adds none."""
    from ringg_runner.authoring import manifests, project
    from ringg_runner.errors import RunnerError

    try:
        paths = project.load(ctx.params.get("project_file"), Path.cwd()).manifests
    except RunnerError:
        return []
    data = (manifest.data for manifest in manifests.load(paths).manifests)
    names = {
        str(fields["name"]) for fields in data if isinstance(fields, dict) and "name" in fields
    }
    return sorted(name for name in names if name.startswith(begun))
