"""The options that commands share, each written once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ringg_runner.cli import completing, kinds
from ringg_runner.cli.output import LOG_FORMAT
from ringg_runner.errors import UsageError
from ringg_runner.report.formats import endings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringg_runner.cli.reporting import Reports
    from ringg_runner.pipeline import Selection
    from ringg_runner.selecting import Criteria

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def together(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Return what adds several options; `--help` shows the last of them first."""

    def add(command: _Command) -> _Command:
        for option in options:
            command = option(command)
        return command

    return add


def selecting(command: _Command) -> _Command:
    """Add PATH, --env and --project: what a command is about."""
    paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
    return paths(environment(command))


def narrowing(command: _Command) -> _Command:
    """Add the options that narrow down what is planned; the command is given them as criteria."""

    @wraps(command)
    def narrowed(
        *,
        selectors: tuple[str, ...],
        names: tuple[str, ...],
        changed_since: str | None,
        limit: int | None,
        allow_empty: bool,
        **others: Any,
    ) -> Any:
        from ringg_runner.labels import parse_selector
        from ringg_runner.selecting import Criteria

        parsed = tuple(map(parse_selector, selectors))
        criteria = Criteria(parsed, names, changed_since, limit, allow_empty)
        return command(criteria=criteria, **others)

    add = together(
        click.option(
            "--allow-empty", is_flag=True, help="Take it as fine that nothing is selected."
        ),
        click.option(
            "--limit", metavar="N", type=click.IntRange(min=1), help="Only the first N of those."
        ),
        click.option(
            "--changed-since",
            metavar="GIT_REF",
            help="Only manifests in files that differ from where HEAD left GIT_REF.",
        ),
        click.option(
            "--name",
            "names",
            metavar="GLOB",
            multiple=True,
            shell_complete=completing.campaigns,
            help="Only campaigns of this name; repeatable, any may match.",
        ),
        click.option(
            "-l",
            "--selector",
            "selectors",
            metavar="SELECTOR",
            multiple=True,
            help="Only campaigns with these labels: team=growth,region!=south; repeatable.",
        ),
    )
    return cast("_Command", add(narrowed))


def environment(command: _Command) -> _Command:
    """Add --env, --project, --no-color and --log-format."""
    add = together(
        click.option(
            LOG_FORMAT,
            type=click.Choice(("text", "json")),
            default="text",
            show_default=True,
            # Whoever starts the command line has looked for it: it holds for its mistakes too.
            expose_value=False,
            help="How to write what goes to stderr: lines, or events.",
        ),
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
            shell_complete=completing.environments,
            help="The environment to work with.",
        ),
    )
    return add(command)


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


@dataclass(frozen=True, slots=True)
class Wait:
    """For how long campaigns are waited for, and how long after a change the next look is."""

    limit: float
    poll: float


def waiting(flag: str, about: str) -> Callable[[_Command], _Command]:
    """Add a flag that waits for campaigns, with --wait-limit; the command gets `wait`, or None.

    UsageError where they contradict each other, or --no-refresh.
    """

    def add(command: _Command) -> _Command:
        @wraps(command)
        def with_wait(
            *, waits: bool, wait_limit: float | None, poll: float, **others: Any
        ) -> object:
            if wait_limit is not None and not waits:
                raise UsageError("--wait-limit says for how long to wait", f"add {flag}")
            if waits and others["no_refresh"]:
                raise UsageError(
                    f"{flag} reads the server's list, and --no-refresh forbids it",
                    "leave one of them out",
                )
            wait = Wait(wait_limit or WAIT_LIMIT, poll) if waits else None
            return command(wait=wait, **others)

        add_all = together(
            click.option(
                "--poll",
                metavar="SECONDS",
                type=click.FloatRange(min=0, min_open=True),
                default=30.0,
                hidden=True,
                help="How long after a change the server's list is read again.",
            ),
            click.option(
                "--wait-limit",
                metavar="DURATION",
                type=kinds.Duration(),
                show_default="4h",
                help=f"How long {flag} waits at the most: 90s, 30m, 4h or 2d.",
            ),
            click.option(flag, "waits", is_flag=True, help=about),
        )
        return cast("_Command", add_all(with_wait))

    return add


WAIT_LIMIT = 4 * 3_600.0
"""For how many seconds campaigns are waited for, unless told otherwise."""


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


def reports(*, plans: bool, ci: bool = True) -> Callable[[_Command], _Command]:
    """Add --report; with `ci` what GitHub gives to a step is written, too.

    `plans` where plans are written, which not every format is for.
    """

    def choose(_ctx: click.Context, _option: click.Parameter, files: tuple[Path, ...]) -> Reports:
        from ringg_runner.cli.reporting import chosen

        return chosen(files, os.environ if ci else {}, plans=plans)

    return click.option(
        "--report",
        "reports",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        callback=choose,
        help=f"Write it into a file, too, by its ending: {endings(plans=plans)}. Repeatable.",
    )


def selection(
    paths: tuple[Path, ...],
    environment: str | None,
    project_file: Path | None,
    criteria: Criteria | None = None,
    *,
    strict: bool = False,
) -> Selection:
    """Return what these options select."""
    from ringg_runner.pipeline import Selection
    from ringg_runner.selecting import Criteria

    return Selection(paths, project_file, environment, strict, criteria=criteria or Criteria())


def _holding_certificates(
    _ctx: click.Context, _option: click.Parameter, file: Path | None
) -> Path | None:
    """Read the file at once: a mistake in it is told before anything else is done."""
    if file is not None:
        from ringg_runner.api.connections import tls_context

        tls_context(file)
    return file


def _choose_colour(ctx: click.Context, _option: click.Parameter, plain: bool) -> None:
    if plain or os.environ.get("NO_COLOR"):
        # The errors of a command are rendered when its own context has ended.
        ctx.color = ctx.find_root().color = False
