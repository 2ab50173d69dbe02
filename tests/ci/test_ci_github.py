"""The workflows of docs/ci/github, executed from the first commit to the night after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
SLOW = "9b1c8e7d-2f34-4a6b-8c5d-7e6f5a4b3c02"
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
    with a_shared_ledger(request) as ledger, serving(tmp_path, "--fault", f"late:{SLOW}") as api:
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


# --- the comment


def a_comment(number: int, body: str, user: str = "github-actions[bot]") -> dict[str, Any]:
    return {"id": number, "issue": 1, "body": body, "user": {"login": user}}


def test_a_comment_is_written_anew_among_those_of_others(team: Team) -> None:
    others = [
        a_comment(1, "When does it start?", "somebody"),
        a_comment(2, f"{MARKER}\nquoted by a person", "somebody"),
        a_comment(3, "Coverage went up"),
        a_comment(4, f"Said before {MARKER}"),
        a_comment(5, "<!-- ringg-runner plan staging -->"),
    ]
    team.github.comments_file.write_text(json.dumps(others))
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    team.propose("diwali")
    *left, ours = team.github.comments
    assert left == others
    assert DIWALI in ours["body"]

    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", WINBACK), branch="diwali")
    team.propose("diwali")
    *left, again = team.github.comments
    assert left == others
    assert again["id"] == ours["id"]
    assert WINBACK in again["body"]
    assert DIWALI not in again["body"]


def test_a_plan_that_failed_replaces_the_comment_that_was_there(team: Team) -> None:
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    team.propose("diwali")
    assert "1 to start" in team.comment
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", "no id"), branch="diwali")
    proposed = team.propose("diwali")
    assert ended(proposed) == {"validate": "failure", "plan": "failure"}
    assert "::error file=campaigns/diwali.yaml,line=4," in proposed.jobs["validate"].log
    assert "1 to start" not in team.comment
    assert "### No plan: `ringg-runner plan` ended with exit code 3" in team.comment


def test_a_fork_gets_a_plan_in_the_summary_without_a_comment_and_without_secrets(
    team: Team,
) -> None:
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    proposed = team.propose("diwali", fork=True)
    assert ended(proposed) == {"validate": "success", "plan": "success"}, proposed.jobs["plan"].log
    assert team.github.comments == []
    assert "1 to start" in proposed.jobs["plan"].summary
    assert "the ledger: what was started before" in proposed.jobs["plan"].summary
    assert proposed.jobs["plan"].secrets == frozenset()


# --- between the plan and the apply


def test_a_plan_that_is_not_approved_starts_nothing(team: Team) -> None:
    team.approves = False
    refused = team.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    assert ended(refused) == {"plan": "success", "apply": "failure"}
    assert refused.jobs["apply"].secrets == frozenset()
    assert team.starts == {}


@pytest.mark.parametrize(
    ("path", "text", "code", "told"),
    [
        ("HOLD", "wait\n", "4", "wait"),
        ("campaigns/diwali.yaml", a_campaign("diwali", DIWALI, "feedback"), "0", "changed since"),
        ("campaigns/diwali.yaml", a_campaign("other", WINBACK), "0", "no longer in"),
    ],
    ids=["a HOLD", "a change", "another campaign in its place"],
)
def test_what_is_committed_while_a_plan_waits_is_not_started_by_it(
    team: Team, path: str, text: str, code: str, told: str
) -> None:
    team.while_waiting = lambda: team.world.push(path, text)
    waited = team.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    assert waited.jobs["apply"].step("apply").outputs["exit_code"] == code
    assert told in waited.jobs["apply"].log
    assert team.starts == {}


def test_running_only_the_apply_again_is_refused_since_its_plan_is_used_up(team: Team) -> None:
    merged = team.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    again = team.github.run_again(merged, "apply")
    assert ended(again) == {"plan": "success", "apply": "failure"}
    assert again.jobs["apply"].step("apply").outputs["exit_code"] == "3"
    assert "was applied before" in again.jobs["apply"].log
    assert (
        "### No apply: `ringg-runner apply` ended with exit code 3" in again.jobs["apply"].summary
    )
    assert team.starts == {DIWALI: 1}


def test_a_person_can_begin_it_with_the_digest_that_was_reviewed(team: Team) -> None:
    team.approves = False
    team.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    (digest,) = re.findall(r"sha256:[0-9a-f]{64}", team.reviewed[0].jobs["plan"].summary)
    team.approves = True

    def begin(expected: str) -> WorkflowRun:
        event = Event("workflow_dispatch", "refs/heads/main", team.world.head)
        return team.github.run(APPLY, replace(event, inputs={"digest": expected}))

    other = begin(f"sha256:{'0' * 64}")
    assert other.jobs["apply"].step("apply").outputs["exit_code"] == "3"
    assert team.starts == {}
    assert ended(begin(digest)) == {"plan": "success", "apply": "success"}
    assert team.starts == {DIWALI: 1}


def test_another_branch_is_planned_and_never_applied(team: Team) -> None:
    commit = team.world.push("campaigns/a.yaml", a_campaign("diwali", DIWALI), branch="other")
    run = team.github.run(APPLY, Event("workflow_dispatch", "refs/heads/other", commit))
    assert ended(run) == {"plan": "success", "apply": "skipped"}
    assert team.reviewed == []


def test_the_ledger_tells_of_an_apply_that_was_killed(team: Team) -> None:
    # It starts a list, and is killed while it waits for the answer to a second.
    team.world.push("campaigns/slow.yaml", a_campaign("slow", SLOW))
    team.github.kills = "apply"
    killed = team.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    apply = killed.jobs["apply"]
    assert apply.step("apply").outcome == "failure"
    assert apply.step("apply").outputs["exit_code"] == ""
    assert team.starts[DIWALI] == 1
    last = apply.steps[-1]
    assert (last.name, last.outcome) == (
        "What the ledger knows of an apply that was killed",
        "success",
    )
    assert "1 started" in apply.summary
    assert SLOW in apply.summary


# --- secrets


def test_the_key_is_in_no_log_no_summary_no_comment_and_no_artifact(team: Team) -> None:
    team.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    runs = [team.propose("diwali"), team.merge("diwali")]
    runs.append(team.github.run(NIGHTLY, Event("schedule", "refs/heads/main", team.world.head)))
    assert [run.jobs[name].conclusion for run in runs for name in run.jobs] == ["success"] * 5
    given = {name: job.secrets for run in runs for name, job in run.jobs.items()}
    assert given["validate"] == frozenset()
    assert given["plan"] == {"RINGG_LEDGER_URL"}
    assert given["apply"] == given["status"] == {"RINGG_API_KEY", "RINGG_LEDGER_URL"}
    shown = [part for run in runs for job in run.jobs.values() for part in (job.log, job.summary)]
    kept = [file for run in runs for files in run.artifacts.values() for file in files.values()]
    everything = "".join([team.comment, *shown]) + b"".join(kept).decode()
    assert DIWALI in everything
    for secret in (KEY, team.world.ledger, team.world.reader):
        assert secret not in everything
