"""The options that commands share, each written once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.pipeline import Selection

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def selecting(command: _Command) -> _Command:
    """Add PATH, --env and --project: what a command is about."""
    paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
    return paths(environment(command))


def environment(command: _Command) -> _Command:
    """Add --env, --project and --no-color."""
    for option in (
        click.option(
            "--no-color",
            is_flag=True,
            expose_value=False,
            callback=_choose_colour,
            help="Write plain text; the variable NO_COLOR does the same.",
        ),
        click.option(
            "--project",
            "project_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The project file; by default the nearest ringg-runner.yaml, here or above.",
        ),
        click.option("--env", "environment", metavar="NAME", help="The environment to work with."),
    ):
        command = option(command)
    return command


def strict(command: _Command) -> _Command:
    """Add --strict."""
    return click.option("--strict", is_flag=True, help="Take every warning for an error.")(command)


def output_format(*formats: str) -> Callable[[_Command], _Command]:
    """Add --format, with the first format as default."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to write the result.",
    )


def selection(
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    *,
    strict: bool = False,
) -> Selection:
    """Return what these options select."""
    from ringg_runner.pipeline import Selection

    return Selection(paths, project_file, environment, strict)


def _choose_colour(ctx: click.Context, _option: click.Parameter, plain: bool) -> None:
    if plain or os.environ.get("NO_COLOR"):
        # The errors of a command are rendered when its own context has ended.
        ctx.color = ctx.find_root().color = False
