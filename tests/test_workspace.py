"""Whose key it is, or why that cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from ringg_runner.api.answers import Answer, Lost, NotSent, Reply
from ringg_runner.api.workspace import Workspace, read_workspace
from ringg_runner.errors import ExitCode, KeyRefusedError, RunnerError


def test_a_workspace_is_told_by_name_and_id() -> None:
    answer = Answer(200, {"workspace_info": {"id": "w-1", "name": "Acme\x1b[2J", "credits": 3}})
    assert read_workspace(answer) == Workspace("w-1", "Acme [2J")
    assert str(read_workspace(answer)) == "Acme [2J (w-1)"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_with_the_servers_words(status: int) -> None:
    with pytest.raises(KeyRefusedError, match="Invalid credentials") as caught:
        read_workspace(Answer(status, {}, ("Invalid credentials",)))
    assert caught.value.exit_code is ExitCode.KEY_REFUSED


@pytest.mark.parametrize(
    "reply", [NotSent("not sent: refused"), Lost("no whole answer within 30 s")]
)
def test_no_answer_is_told_as_such(reply: Reply) -> None:
    with pytest.raises(RunnerError, match="did not answer"):
        read_workspace(reply)


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (200, None),
        (200, {}),
        (200, {"workspace_info": "w"}),
        (200, []),
        (404, {}),
        (500, {"workspace_info": {"id": "w", "name": "n"}}),
    ],
)
def test_another_answer_is_no_workspace(status: int, data: Any) -> None:
    with pytest.raises(RunnerError, match="not with a workspace"):
        read_workspace(Answer(status, data))
