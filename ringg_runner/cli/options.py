"""The options that commands share, each written once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.pipeline import Selection

_Command = TypeVar("_Command", bound="Callable[..., Any]")


class Rate(click.ParamType[float]):
    """How many in a second, a minute or an hour; a number a second is what comes out."""

    name = "rate"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return how many a second."""
        if isinstance(value, float):
            return value
        found = _RATE.fullmatch(value)
        rate = float(found["count"]) / _SECONDS[found["unit"]] if found else 0.0
        if not rate:
            self.fail(f"{value} is no rate: write 5/s, 100/m or 1000/h", param, ctx)
        return rate


class Duration(click.ParamType[float]):
    """How long something may take or be ago; seconds are what comes out."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return how many seconds."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(value)
        if not found:
            self.fail(f"{value} is no duration: write 90s, 30m, 24h or 7d", param, ctx)
        return float(found["count"]) * _LENGTHS[found["unit"]]


class Digest(click.ParamType[str]):
    """What a plan is recognised by."""

    name = "digest"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the digest as it is."""
        from ringg_runner.campaigns import is_digest

        if not is_digest(value):
            told = "it is sha256: and 64 digits from 0 to f, as plan shows it"
            self.fail(f"{value!r} is no digest: {told}", param, ctx)
        return value


_RATE = re.compile(r"(?P<count>[0-9]{1,6}(?:\.[0-9]{1,3})?)/(?P<unit>[smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[smhd])")
_LENGTHS = {**_SECONDS, "d": 86_400}


def selecting(command: _Command) -> _Command:
    """Add PATH, --env and --project: what a command is about."""
    paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
    return paths(environment(command))


def environment(command: _Command) -> _Command:
    """Add --env, --project and --no-color."""
    for option in (
        no_color,
        click.option(
            "--project",
            "project_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The project file; by default the nearest ringg-runner.yaml, here or above.",
        ),
        click.option(
            "--env",
            "environment",
            metavar="NAME",
            shell_complete=_environments,
            help="The environment to work with.",
        ),
    ):
        command = option(command)
    return command


def no_color(command: _Command) -> _Command:
    """Add --no-color."""
    return click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_choose_colour,
        help="Write plain text; the variable NO_COLOR does the same.",
    )(command)


def detailed_exitcode(command: _Command) -> _Command:
    """Add --detailed-exitcode."""
    return click.option(
        "--detailed-exitcode",
        is_flag=True,
        help="Exit with 2 where all is well and something would start, or was started.",
    )(command)


def strict(command: _Command) -> _Command:
    """Add --strict."""
    return click.option("--strict", is_flag=True, help="Take every warning for an error.")(command)


def network(command: _Command) -> _Command:
    """Add --ca-file, for commands that may ask the API."""
    return click.option(
        "--ca-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        callback=_holding_certificates,
        help="Trust the certificates in this file (PEM) instead of the system's.",
    )(command)


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


def _holding_certificates(
    _ctx: click.Context, _option: click.Parameter, file: Path | None
) -> Path | None:
    """Read the file at once: a mistake in it is told before anything else is done."""
    if file is not None:
        from ringg_runner.api.connections import tls_context

        tls_context(file)
    return file


def _environments(ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the environments that begin so; a project file with mistakes adds none."""
    from ringg_runner.authoring import project
    from ringg_runner.errors import RunnerError

    try:
        known = project.load(ctx.params.get("project_file"), Path.cwd()).known
    except RunnerError:
        known = project.Project(Path.cwd()).known
    return sorted(name for name in known if name.startswith(begun))


def _choose_colour(ctx: click.Context, _option: click.Parameter, plain: bool) -> None:
    if plain or os.environ.get("NO_COLOR"):
        # The errors of a command are rendered when its own context has ended.
        ctx.color = ctx.find_root().color = False
