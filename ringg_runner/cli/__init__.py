"""The command line: finds the command, and renders every error that a user can cause.

Commands are imported when they are run, and import what they need then, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from ringg_runner import __version__
from ringg_runner.cli.output import (
    asks_for_json,
    fit_streams,
    logging_as,
    logs_json,
    say,
    tell_error,
    tell_findings,
)
from ringg_runner.errors import ExitCode, FindingsError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "init",
    "validate",
    "plan",
    "apply",
    "status",
    "ledger",
    "check",
    "sandbox",
    "schema",
    "rule",
    "completion",
)


class _Commands(click.Group):
    """Commands by name, one module each, in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"ringg_runner.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Everything after plan is a path, but for this one word, right after it.
        if args[:2] == ["plan", "show"]:
            from ringg_runner.cli import plan_show

            return "plan show", plan_show.command, args[2:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except RunnerError as failure:
            _render(failure)
            return failure.exit_code


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ringg-runner", message="%(prog)s %(version)s")
def ringg_runner() -> None:
    """Campaigns as code for Ringg AI: check manifests, see what would start, start it once."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, the process's own by default, and return the exit code.

    Errors that a user can cause end here, as a sentence on stderr. A bug goes through, with its
    traceback.
    """
    given = sys.argv[1:] if arguments is None else arguments
    with fit_streams(), logging_as(json=asks_for_json(given)):
        try:
            code = ringg_runner.main(given, prog_name="ringg-runner", standalone_mode=False)
        except click.ClickException as failure:
            _render_usage(failure)
            return ExitCode.USAGE
        except (KeyboardInterrupt, click.Abort):
            say("interrupted")
            return ExitCode.INTERRUPTED
        return int(code or ExitCode.OK)


def _render(failure: RunnerError) -> None:
    if isinstance(failure, FindingsError):
        tell_findings(failure.findings)
    tell_error(str(failure), failure.hint, failure.exit_code)


def _render_usage(failure: click.ClickException) -> None:
    if not logs_json():
        failure.show()
        return
    context = failure.ctx if isinstance(failure, click.UsageError) else None
    hint = f"try {context.command_path} --help" if context else None
    tell_error(failure.format_message(), hint, ExitCode.USAGE)
