"""`completion`: prints the script that lets a shell complete ringg-runner's command lines."""

from __future__ import annotations

import click

from ringg_runner.cli.output import show


@click.command("completion", short_help="Print the script by which a shell completes commands.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script for SHELL, to be evaluated by it.

    For bash, in ~/.bashrc: eval "$(ringg-runner completion bash)"
    """
    from click.shell_completion import get_completion_class

    root = ctx.find_root()
    completion = get_completion_class(shell)
    assert completion is not None
    script = completion(root.command, {}, "ringg-runner", "_RINGG_RUNNER_COMPLETE").source()
    show(script.rstrip("\n"))
