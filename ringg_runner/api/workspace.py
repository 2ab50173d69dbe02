"""Reads `GET /workspace`: whether the key is accepted, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ringg_runner.api.answers import Answer
from ringg_runner.errors import KeyRefusedError, RunnerError
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from ringg_runner.api.answers import Reply


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace that a key belongs to."""

    id: str
    name: str

    def __str__(self) -> str:
        """Return name and id, as people tell workspaces apart."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Why it is not known whose key it is."""

    reason: str


KeyHolder: TypeAlias = Workspace | NotKnown
"""Whose key it is, as far as the API tells."""


def key_holder(reply: Reply) -> KeyHolder:
    """Return whose key it is, as a reply tells; raises KeyRefusedError where it is not accepted."""
    try:
        return read_workspace(reply)
    except KeyRefusedError:
        raise
    except RunnerError as failure:
        return NotKnown(str(failure))


def read_workspace(reply: Reply) -> Workspace:
    """Return the workspace that a reply tells of.

    Raises KeyRefusedError where the key is not accepted, and RunnerError where the reply tells of
    no workspace.
    """
    if not isinstance(reply, Answer):
        raise RunnerError(f"the API did not answer: {reply.reason}", "check base_url and network")
    if reply.status in (401, 403):
        raise KeyRefusedError(
            f"the API refused the key: HTTP {reply.status}: {reply.detail}",
            "a key ends when a new one is made; copy the present one from the dashboard",
        )
    info = _info(reply.data)
    if reply.status != 200 or info is None:
        raise RunnerError(
            f"the API answered, but not with a workspace: HTTP {reply.status}",
            "check base_url",
        )
    return Workspace(showable(str(info.get("id"))), showable(str(info.get("name"))))


def _info(data: Any) -> dict[str, Any] | None:
    info = data.get("workspace_info") if isinstance(data, dict) else None
    return info if isinstance(info, dict) else None
