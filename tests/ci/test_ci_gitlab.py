"""The pipeline of docs/ci/gitlab, executed from the first commit to the night after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ci_gitlab import GitLab, Pipeline
from ci_ledgers import a_shared_ledger
from ci_world import DIWALI, KEY, ROOT, WINBACK, World, a_campaign, serving
from junitparser import JUnitXml

FILE = ROOT / "docs" / "ci" / "gitlab" / ".gitlab-ci.yml"


@pytest.fixture
def gitlab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GitLab]:
    """A project whose key and whose right to write the ledger belong to the environment."""
    with a_shared_ledger(request) as ledger, serving(tmp_path) as api:
        world = World.at(tmp_path, api, ledger.writer, ledger.reader)
        secrets = {"RINGG_API_KEY": KEY, "RINGG_LEDGER_URL": ledger.writer}
        variables = {"*": {"RINGG_LEDGER_URL": ledger.reader}, "production": secrets}
        yield GitLab(world, FILE, variables)


def propose(gitlab: GitLab, branch: str, number: int = 1) -> Pipeline:
    commit = gitlab.world.propose(number, branch)
    return gitlab.run("merge_request_event", f"refs/pull/{number}/merge", commit)


def push(gitlab: GitLab, path: str, text: str | None) -> Pipeline:
    return gitlab.run("push", "main", gitlab.world.push(path, text))


def planned(pipeline: Pipeline) -> int:
    """What the widget of a merge request shows as to be added."""
    report = json.loads(pipeline.jobs["plan"].reports["terraform"])
    assert (report["update"], report["delete"]) == (0, 0)
    assert isinstance(report["create"], int)
    return report["create"]


def test_from_a_merge_request_to_the_night_after(gitlab: GitLab) -> None:
    world = gitlab.world

    # Somebody proposes a campaign.
    world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI), branch="diwali")
    proposed = propose(gitlab, "diwali")
    assert proposed.states == {"validate": "success", "plan": "success"}, proposed.jobs["plan"].log
    assert json.loads(proposed.jobs["validate"].reports["codequality"]) == []
    assert planned(proposed) == 1
    assert DIWALI in proposed.jobs["plan"].artifacts["plan.html"].decode()
    assert world.api.starts() == {}

    # It is merged: the plan waits for a person, who looks at it and presses the button.
    merged = gitlab.run("push", "main", world.merge("diwali"))
    assert merged.states == {"validate": "success", "plan": "success", "apply": "manual"}
    assert planned(merged) == 1
    assert world.api.starts() == {}
    applied = gitlab.play(merged, "apply")
    assert applied.state == "success", applied.log
    assert world.api.starts() == {DIWALI: 1}
    (suite,) = JUnitXml.fromstring(applied.reports["junit"])
    assert (suite.tests, suite.failures, suite.errors) == (1, 0, 0)
    assert DIWALI in applied.artifacts["run.html"].decode()

    # Once more: the plan is used up. A new one has nothing to do.
    again = gitlab.play(merged, "apply")
    assert again.state == "failed"
    assert "was applied before" in again.log
    anew = gitlab.run("push", "main", world.head)
    assert planned(anew) == 0
    assert gitlab.play(anew, "apply").state == "success"
    assert world.api.starts() == {DIWALI: 1}

    # Its manifest is changed, which has no effect.
    changed = a_campaign("diwali", DIWALI, agent="feedback")
    world.push("campaigns/diwali.yaml", changed, branch="change")
    proposed = propose(gitlab, "change")
    assert planned(proposed) == 0
    assert "changed since, without effect: agent_id" in proposed.jobs["plan"].log
    merged = gitlab.run("push", "main", world.merge("change"))
    applied = gitlab.play(merged, "apply")
    assert applied.state == "success"
    assert "changed since, without effect: agent_id" in applied.log
    assert world.api.starts() == {DIWALI: 1}

    # A campaign waits for its button when a HOLD is committed: pressing it starts nothing.
    waiting = push(gitlab, "campaigns/winback.yaml", a_campaign("winback", WINBACK))
    push(gitlab, "HOLD", "the list of Monday was wrong\n")
    held = gitlab.play(waiting, "apply")
    assert held.state == "failed"
    assert "the list of Monday was wrong" in held.log
    assert world.api.starts() == {DIWALI: 1}

    # It is taken away: what was held starts.
    released = push(gitlab, "HOLD", None)
    assert gitlab.play(released, "apply").state == "success"
    assert world.api.starts() == {DIWALI: 1, WINBACK: 1}

    # At night.
    night = gitlab.run("schedule", "main", world.head)
    assert night.states == {"status": "success"}, night.jobs["status"].log
    assert "completed" in night.jobs["status"].log
    assert "the trail is whole" in night.jobs["status"].log
    assert DIWALI.encode() in night.jobs["status"].artifacts["ledger.json"]
    assert world.api.starts() == {DIWALI: 1, WINBACK: 1}


def test_a_mistake_is_told_beside_its_line_and_nothing_is_planned(gitlab: GitLab) -> None:
    gitlab.world.push("campaigns/diwali.yaml", a_campaign("diwali", "no id"), branch="diwali")
    proposed = propose(gitlab, "diwali")
    assert proposed.states == {"validate": "failed", "plan": "skipped"}
    (finding,) = json.loads(proposed.jobs["validate"].reports["codequality"])
    assert finding["location"]["path"] == "campaigns/diwali.yaml"


def test_only_the_environment_has_the_key(gitlab: GitLab) -> None:
    gitlab.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    merged = gitlab.run("push", "main", gitlab.world.head)
    applied = gitlab.play(merged, "apply")
    assert applied.state == "success"
    for job in merged.jobs.values():
        kept = b"".join([*job.artifacts.values(), *job.reports.values()])
        assert KEY not in job.log + kept.decode()
