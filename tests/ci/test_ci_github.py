"""The workflows of docs/ci/github, executed from the first commit to the night after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ci_github import Event, GitHub, WorkflowRun
from ci_ledgers import a_shared_ledger
from ci_world import DIWALI, KEY, ROOT, WINBACK, World, a_campaign, serving

FLOWS = ROOT / "docs" / "ci" / "github"
PULL_REQUEST = FLOWS / "campaigns-pull-request.yml"
APPLY = FLOWS / "campaigns-apply.yml"
NIGHTLY = FLOWS / "campaigns-nightly.yml"
MARKER = "<!-- ringg-runner plan production -->"


@dataclass
class Team:
    """A team that uses the workflows: what it does, and what its services have come to."""

    world: World
    github: GitHub
    reviewed: list[WorkflowRun] = field(default_factory=list)
    approves: bool = True
    while_waiting: Any = lambda: None

    def review(self, run: WorkflowRun) -> bool:
        """What a reviewer of the environment does; the nightly one has none."""
        if run.workflow == NIGHTLY:
            return True
        self.reviewed.append(run)
        self.while_waiting()
        return self.approves

    def propose(self, branch: str, *, number: int = 1, fork: bool = False) -> WorkflowRun:
        commit = self.world.propose(number, branch)
        return self.github.run(PULL_REQUEST, Event.proposed(number, commit, fork=fork))

    def push(self, path: str, text: str | None) -> WorkflowRun:
        return self.github.run(APPLY, Event.pushed(self.world.push(path, text)))

    def merge(self, branch: str) -> WorkflowRun:
        return self.github.run(APPLY, Event.pushed(self.world.merge(branch)))

    @property
    def starts(self) -> dict[str, int]:
        return self.world.api.starts()

    @property
    def comment(self) -> str:
        (body,) = (each["body"] for each in self.github.comments)
        assert isinstance(body, str)
        return body


@pytest.fixture
def team(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    """Two who share a PostgreSQL ledger: pull requests and plans only read it."""
    with a_shared_ledger(request) as ledger, serving(tmp_path) as api:
        world = World.at(tmp_path, api, ledger.writer, ledger.reader)
        repository = {"RINGG_LEDGER_URL": ledger.reader}
        environments = {
            "production": {"RINGG_API_KEY": KEY, "RINGG_LEDGER_URL": ledger.writer},
            "nightly": {"RINGG_API_KEY": KEY},
        }
        github = GitHub(world, {"": repository, **environments})
        team = Team(world, github)
        github.review = team.review
        yield team


def ended(run: WorkflowRun) -> dict[str, str]:
    return {name: job.conclusion for name, job in run.jobs.items()}


def test_from_a_pull_request_to_the_night_after(team: Team) -> None:
    # Somebody proposes a campaign: the comment shows what would start, and nothing does.
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    proposed = team.propose("diwali")
    assert ended(proposed) == {"validate": "success", "plan": "success"}, proposed.jobs["plan"].log
    assert team.comment.startswith(MARKER)
    assert "1 to start" in team.comment
    assert DIWALI in team.comment
    assert "plan.json" in proposed.artifacts["plan"]
    assert team.starts == {}

    # It is merged. The main branch plans, its reviewers look at that, and it starts.
    merged = team.merge("diwali")
    assert ended(merged) == {"plan": "success", "apply": "success"}, merged.jobs["apply"].log
    assert "1 to start" in merged.jobs["plan"].summary
    assert "1 started" in merged.jobs["apply"].summary
    assert team.reviewed == [merged]
    assert team.starts == {DIWALI: 1}
    outputs = merged.jobs["apply"].step("apply").outputs
    assert (outputs["started"], outputs["changes"], outputs["exit_code"]) == ("1", "true", "0")

    # Run all of it again: there is nothing to do, so nobody is asked.
    again = team.github.run_again(merged)
    assert ended(again) == {"plan": "success", "apply": "skipped"}
    assert "0 to start" in again.jobs["plan"].summary
    assert len(team.reviewed) == 1

    # Its manifest is changed: the comment tells that this has no effect.
    changed = a_campaign("diwali", DIWALI, agent="feedback")
    team.world.push("campaigns/diwali.yaml", changed, branch="change")
    team.propose("change")
    assert "0 to start" in team.comment
    assert "changed since, without effect: `agent_id`" in team.comment
    assert ended(team.merge("change")) == {"plan": "success", "apply": "skipped"}
    assert team.starts == {DIWALI: 1}

    # A HOLD is committed, and a campaign after it: the apply is refused, and its job is red.
    team.push("HOLD", "the list of Monday was wrong\n")
    held = team.push("campaigns/winback.yaml", a_campaign("winback", WINBACK))
    assert ended(held) == {"plan": "success", "apply": "failure"}
    assert "the list of Monday was wrong" in held.jobs["plan"].summary
    assert "the list of Monday was wrong" in held.jobs["apply"].summary
    assert held.jobs["apply"].step("apply").outputs["exit_code"] == "4"
    assert team.starts == {DIWALI: 1}

    # It is taken away: what was held starts.
    released = team.push("HOLD", None)
    assert ended(released) == {"plan": "success", "apply": "success"}
    assert team.starts == {DIWALI: 1, WINBACK: 1}

    # At night.
    night = team.github.run(NIGHTLY, Event("schedule", "refs/heads/main", team.world.head))
    status = night.jobs["status"]
    assert status.conclusion == "success", status.log
    assert "diwali" in status.log
    assert "completed" in status.log
    assert "the trail is whole" in status.log
    assert DIWALI.encode() in night.artifacts["ledger"]["ledger.json"]
    assert team.starts == {DIWALI: 1, WINBACK: 1}
