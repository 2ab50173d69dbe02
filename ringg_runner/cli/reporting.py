"""Where reports go besides stdout: the files of `--report`, and what GitHub gives to each step.

That one of them cannot be written is said, and hides nothing: the result is on stdout all the same.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringg_runner.cli.output import say
from ringg_runner.errors import NotApprovedError, UsageError
from ringg_runner.report import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringg_runner.planner import Plan
    from ringg_runner.report.formats import Format
    from ringg_runner.runs import Run

SUMMARY_LIMIT = 1_000_000
"""How many bytes a step's summary has at the most: from 1 MiB on GitHub shows none of it."""


@dataclass(frozen=True, slots=True)
class Reports:
    """The files that somebody asked for, and those that GitHub reads when a step has ended."""

    files: tuple[tuple[Path, Format], ...] = ()
    summary: Path | None = None
    outputs: Path | None = None

    def of_plan(self, plan: Plan, *, refused: str | None = None, verbose: bool = False) -> bool:
        """Write a plan; return whether all was written. `refused` is why nothing came of it."""
        from ringg_runner.report import variables

        return self._write(
            lambda each: each.of_plan(plan, refused=refused, verbose=verbose),
            variables.of_plan(plan, refused),
        )

    def of_run(self, run: Run, *, verbose: bool = False) -> bool:
        """Write a run; return whether all was written."""
        from ringg_runner.report import variables

        return self._write(lambda each: each.of_run(run, verbose=verbose), variables.of_run(run))

    @contextmanager
    def if_refused(self, plan: Plan) -> Iterator[None]:
        """Write the plan, too, where the block refuses to carry it out."""
        try:
            yield
        except NotApprovedError as refusal:
            self.of_plan(plan, refused=str(refusal))
            raise

    def refuse_what_is_for_runs(self, output: str) -> None:
        """Raise UsageError where a plan is to be written in a format that only runs have."""
        chosen = [formats.BY_NAME[output], *(each for _, each in self.files)]
        wrong = [each.name for each in chosen if not each.plans]
        if wrong:
            raise UsageError(f"{wrong[0]} is for what an apply did, and --dry-run does nothing")

    def _write(self, render: Callable[[Format], str], values: Mapping[str, str]) -> bool:
        written = [
            # A file is no terminal: the colours of text stay out of it.
            _tried(f"the report {path}", _whole, path, click.unstyle(render(each)) + "\n")
            for path, each in self.files
        ]
        if self.summary:
            text = render(formats.BY_NAME["markdown"]) + "\n"
            written.append(_tried("the step's summary", _summarise, self.summary, text))
        if self.outputs:
            lines = "".join(f"{name}={value}\n" for name, value in values.items())
            written.append(_tried("the step's outputs", _append, self.outputs, lines))
        return all(written)


def chosen(files: tuple[Path, ...], environ: Mapping[str, str], *, plans: bool) -> Reports:
    """Return the reports that these options and variables ask for.

    Raises UsageError where a file's ending names no format, or where it could not be written.
    """
    summary, outputs = (environ.get(f"GITHUB_{name}") for name in ("STEP_SUMMARY", "OUTPUT"))
    return Reports(
        tuple((file, _format_of(file, plans=plans)) for file in files),
        Path(summary) if summary else None,
        Path(outputs) if outputs else None,
    )


def _format_of(file: Path, *, plans: bool) -> Format:
    from ringg_runner.files import refuse_unwritable

    found = formats.of_file(file, plans=plans)
    if found is None:
        raise UsageError(
            f"no report is written into {file}: its ending names no format",
            f"there are {formats.endings(plans=plans)}",
        )
    try:
        refuse_unwritable(file)
    except OSError as failure:
        raise UsageError(
            f"the report {file} could not be written: {failure.strerror}",
            "name a file in a folder that is there, and that you may write into",
        ) from None
    return found


def _tried(what: str, write: Callable[[Path, str], None], path: Path, text: str) -> bool:
    try:
        write(path, text)
    except OSError as failure:
        say(f"{what} could not be written: {failure.strerror}", "error")
        return False
    return True


def _whole(path: Path, text: str) -> None:
    from ringg_runner.files import write_whole

    write_whole(path, text)


def _summarise(path: Path, text: str) -> None:
    """Append to a step's summary, unless GitHub would then show none of it."""
    if os.path.exists(path) and path.stat().st_size + len(text.encode()) > SUMMARY_LIMIT:  # noqa: PTH110
        say("the step's summary has no room for this report: it is left out", "warning")
        return
    _append(path, text)


def _append(path: Path, text: str) -> None:
    with path.open("a+b") as stream:
        stream.seek(-1 if stream.tell() else 0, os.SEEK_END)
        last = stream.read(1)
        # Whoever wrote before may have left the line open.
        begin = "" if last in (b"", b"\n") else "\n"
        stream.write(f"{begin}{text}".encode())
