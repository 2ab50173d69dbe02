"""The errors that a user can cause, each with its exit code; the command line alone renders them.

Whatever is not a `RunnerError` is a bug, and shows its traceback.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringg_runner.diagnostics import Diagnostic


class ExitCode(IntEnum):
    """What the process tells its caller; `docs/reference/exit-codes.md` is the long form."""

    OK = 0
    FAILED = 1
    CHANGES = 2
    INVALID = 3
    REFUSED = 4
    KEY_REFUSED = 5
    UNRESOLVED = 6
    NOT_OVER = 7
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


GRAVITY = (
    ExitCode.UNRESOLVED,
    ExitCode.KEY_REFUSED,
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.NOT_OVER,
    ExitCode.CHANGES,
    ExitCode.OK,
)
"""The codes that results come to; where several are true, the first of them is told."""


def gravest(*codes: ExitCode) -> ExitCode:
    """Return the gravest of these codes."""
    return min(codes, key=GRAVITY.index, default=ExitCode.OK)


class RunnerError(Exception):
    """A sentence for the user; `hint` is the way out."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, hint: str | None = None) -> None:
        """Keep the sentence and the way out."""
        super().__init__(message)
        self.hint = hint


class UsageError(RunnerError):
    """The command line asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class InvalidInputError(RunnerError):
    """A manifest, the project file or the key's source is wrong, or nothing was selected."""

    exit_code = ExitCode.INVALID


class FindingsError(InvalidInputError):
    """Findings stand in the way; every one of them travels along."""

    def __init__(
        self, message: str, findings: Iterable[Diagnostic], hint: str | None = None
    ) -> None:
        """Keep the findings beside the sentence."""
        super().__init__(message, hint)
        self.findings = tuple(findings)


class PlanFileError(InvalidInputError):
    """A saved plan cannot be trusted, or not here and now; by default the way out is a new one."""

    def __init__(
        self, message: str, hint: str = "make the plan again: ringg-runner plan -o plan.json"
    ) -> None:
        """Keep the sentence and the way out."""
        super().__init__(message, hint)


class NotApprovedError(RunnerError):
    """A person, or the absence of one, refused the start."""

    exit_code = ExitCode.REFUSED


class GuardRefusedError(NotApprovedError):
    """A guard refused the start."""


class KeyRefusedError(RunnerError):
    """The API does not accept the key."""

    exit_code = ExitCode.KEY_REFUSED
